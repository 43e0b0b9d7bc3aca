//! `GET backup/calendar.ics`: upcoming runs for calendar clients, which send no token. A secret key in the URL
//! authenticates them. Only its digest is stored, and creating a new link invalidates the previous one.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{Administrator, ApiError, Once, Params, Success};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::Change;
use icalendar::{Calendar, Component, Event, EventLike};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;

/// Identifies the product that created the calendar (RFC 5545 section 3.7.3).
const PRODUCT: &str = concat!("-//Hozon//Hozon ", env!("CARGO_PKG_VERSION"), "//EN");
/// Number of runs in the calendar: a year of a weekly schedule.
const RUNS: usize = 53;
/// Displayed duration of a run.
const SHOWN_MINUTES: i64 = 30;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// The key from the calendar link.
    key: Option<String>,
}

/// Reads upcoming runs as an iCalendar file.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/calendar.ics",
    operation_id = "get_calendar",
    tag = "settings",
    params(CalendarQuery),
    responses((status = 200, description = "The calendar", body = String, content_type = "text/calendar")),
    security(()),
)]
pub async fn feed(State(app): State<App>, Params(link): Params<CalendarQuery>) -> Result<Response, ApiError> {
    let organisation = find(&app, link.key.as_deref().unwrap_or_default()).await?.ok_or_else(ApiError::not_found)?;
    let schedule = app.active_schedule(organisation.id).await?;
    let calendar = calendar(&app, &organisation, schedule.as_ref()).to_string();
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CACHE_CONTROL, "private, max-age=3600")], calendar)
        .into_response())
}

/// Finds the organisation with a calendar key.
async fn find(app: &App, key: &str) -> Result<Option<Organisation>, ApiError> {
    let Some(org) = key.split_once('-').and_then(|(org, _)| org.parse::<OrgId>().ok()) else { return Ok(None) };
    let organisation = app.ports.store.organisation(org).await?;
    Ok(organisation.filter(|organisation| organisation.calendar_key.as_deref() == Some(digest(key).as_str())))
}

fn calendar(app: &App, organisation: &Organisation, schedule: Option<&Schedule>) -> Calendar {
    let mut calendar = Calendar::empty();
    let name = text(&format!("Hozon 保存 – {}", organisation.name));
    calendar.append_property(("VERSION", "2.0")).append_property(("PRODID", PRODUCT)).append_property(("CALSCALE", "GREGORIAN"));
    calendar.name(&name);
    let Some(schedule) = schedule else { return calendar };
    for at in schedule.recurrence.upcoming(app.ports.clock.now(), RUNS) {
        let event = Event::new()
            .uid(&format!("{}-{}@hozon", organisation.id, at.timestamp()))
            // RFC 5545 section 3.8.7.2: the time of the last revision. An occurrence is never revised, because another
            // time is another event.
            .timestamp(schedule.created)
            .summary("CRM backup / CRM バックアップ")
            .starts(at)
            .ends(at + chrono::TimeDelta::minutes(SHOWN_MINUTES))
            .done();
        calendar.push(event);
    }
    calendar
}

/// Escapes a TEXT value (RFC 5545 section 3.3.11). Control characters, which a content line must not contain, become
/// spaces.
fn text(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' | ';' | ',' => written.extend(['\\', letter]),
            '\n' => written.push_str("\\n"),
            control if control.is_control() => written.push(' '),
            other => written.push(other),
        }
    }
    written
}

#[derive(Serialize, ToSchema)]
pub struct CalendarLink {
    /// Path of the calendar on this API, shown only once. Whoever has it can read the times of runs, and nothing else.
    path: String,
}

/// Creates a new secret link and invalidates the previous one.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/calendar/link",
    operation_id = "create_calendar_link",
    tag = "settings",
    responses((status = 200, description = "The link, shown only once", body = Success<CalendarLink>)),
)]
pub async fn create_link(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
) -> Result<Json<Success<CalendarLink>>, ApiError> {
    if once.is_repeat() {
        return Err(ApiError::answer_not_kept(
            "The link was created and is shown only once. Create a new one if you have not seen it.",
        ));
    }
    let organisation = app.organisation(caller.org).await?;
    let key = format!("{}-{}", caller.org, app.ports.secrets.token());
    let changed = Organisation { calendar_key: Some(digest(&key)), ..organisation };
    let changes = [Some(Change::Organisation(changed)), once.answer_with_secret(StatusCode::OK)];
    app.ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await?;
    let path = format!("/crm/bulk/v8/backup/calendar.ics?key={key}");
    Ok(Json(Success::new(CalendarLink { path }, "Calendar link created.")))
}

#[derive(Serialize, ToSchema)]
pub struct NoDetails {}

/// Removes the secret link.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/calendar/link",
    operation_id = "remove_calendar_link",
    tag = "settings",
    responses((status = 200, description = "Removed, or there was none", body = Success<NoDetails>)),
)]
pub async fn remove_link(
    State(app): State<App>,
    Administrator(caller): Administrator,
) -> Result<Json<Success<NoDetails>>, ApiError> {
    let organisation = app.organisation(caller.org).await?;
    let changed = Organisation { calendar_key: None, ..organisation };
    app.ports.store.commit(caller.org, vec![Change::Organisation(changed)]).await?;
    Ok(Json(Success::new(NoDetails {}, "Calendar link removed.")))
}

fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_name_cannot_end_its_line() {
        assert_eq!(text("A, B; C\\D"), "A\\, B\\; C\\\\D");
        assert_eq!(text("Acme\r\nBEGIN:VEVENT\u{85}\t"), "Acme \\nBEGIN:VEVENT  ");
    }
}
