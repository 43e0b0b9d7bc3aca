//! `PUT backup/{id}`: changes the rule of a schedule in place. `If-Match` names the version that the caller has seen.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{Administrator, ApiError, BackupEnvelope, Body, Changed, Envelope, Success};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::rule::Rule;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::{ErrorKind, ScheduleTrigger};

use crate::app::{ATTEMPTS, App};
use crate::{allowance, etag, request};

/// Changes the rule of a schedule.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/{id}",
    operation_id = "change_schedule",
    tag = "backups",
    params(
        ("id" = String, Path, description = "The schedule"),
        ("If-Match" = String, Header, description = "ETag of the schedule, from `GET backup` or the summary; `*` for any version"),
    ),
    request_body = request::BackupRequest,
    responses(
        (status = 200, description = "Changed; the ETag belongs to the changed schedule", body = BackupEnvelope<Success<Changed>>, headers(("ETag" = String))),
        (status = 412, description = "The schedule was changed in the meantime", body = hozon_shared::api::AnyError),
        (status = 428, description = "If-Match is missing", body = hozon_shared::api::AnyError),
    ),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let rule = request::read_rule(&body)?;
    let seen = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).ok_or_else(ApiError::precondition_required)?;
    let organisation = app.organisation(caller.org).await?;
    allowance::require_for(&app, &organisation, rule).await?;
    for _ in 0..ATTEMPTS {
        let schedule = find(&app, caller.org, &id).await?;
        if !etag::matches(seen, &etag::of_schedule(&schedule)) {
            return Err(ApiError::precondition_failed());
        }
        if let Some(changed) = change(&app, &organisation, &caller, schedule, rule).await? {
            let details = Changed { id: changed.id.to_string(), note: None };
            let answer = BackupEnvelope { backup: Success::new(details, "Backup schedule changed successfully.") };
            return Ok(([(header::ETAG, etag::of_schedule(&changed))], Json(answer)).into_response());
        }
    }
    Err(ApiError::precondition_failed())
}

/// Stores the change, and returns `None` if another change came first. The trigger matches the stored schedule in
/// either case.
async fn change(
    app: &App,
    organisation: &Organisation,
    caller: &Caller,
    schedule: Schedule,
    rule: Rule,
) -> Result<Option<Schedule>, ApiError> {
    let (now, time) = (app.ports.clock.now(), app.time_of_day(organisation));
    let changed = schedule.change(rule, organisation.time_zone, time, caller.person.clone(), now);
    let changed = changed.map_err(|_| ApiError::already_cancelled())?;
    app.triggers.put(&ScheduleTrigger::of(&changed)).await?;
    let event = EventId(app.ports.ids.next(now));
    let changes = change::change_schedule(changed.clone(), caller.contact(), now, event);
    match app.ports.store.commit(caller.org, changes).await {
        Ok(()) => Ok(Some(changed)),
        Err(error) if error.kind == ErrorKind::Conflict => {
            app.repair_trigger(caller.org).await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, org: OrgId, id: &str) -> Result<Schedule, ApiError> {
    let not_found = || ApiError::not_found().envelope(Envelope::Backup);
    let id = id.parse().map_err(|_| not_found())?;
    app.ports.schedules.schedule(org, id).await?.ok_or_else(not_found)
}

impl App {
    /// Returns the active schedule.
    pub(crate) async fn active_schedule(&self, org: OrgId) -> Result<Option<Schedule>, ApiError> {
        Ok(self.ports.schedules.newest_schedule(org).await?.filter(Schedule::is_active))
    }

    /// Repairs the organisation's trigger so that it matches the stored schedule.
    pub(crate) async fn repair_trigger(&self, org: OrgId) -> Result<(), ApiError> {
        match self.active_schedule(org).await? {
            Some(schedule) => self.triggers.put(&ScheduleTrigger::of(&schedule)).await?,
            None => self.triggers.delete(org).await?,
        }
        Ok(())
    }
}
