//! The `schedule` function: setting, changing, reading and stopping a schedule, on-demand backups, the summary, the
//! settings and the calendar.

mod allowance;
mod app;
mod back_up_now;
mod calendar;
mod cancel;
mod change;
mod current;
mod etag;
mod ledger;
mod preview;
mod representation;
mod request;
mod set;
mod settings;
mod source;
mod summary;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveTime;
use hozon_shared::api::{
    Administrator, ApiError, ApiVersion, BackupEnvelope, Body, Changed, Documented, Once, Refusals, Success, with_idempotency,
    with_versions,
};
use hozon_shared::domain::price::Terms;
use hozon_shared::ports::{Ports, Triggers};
use utoipa_axum::routes;

use app::App;

/// Returns the routes of this function. Scheduled runs start at `time_of_day` for organisations that have not set their
/// own time.
pub fn router(ports: Ports, triggers: Arc<dyn Triggers>, terms: Arc<Terms>, time_of_day: NaiveTime) -> Documented {
    let app = App { ports: ports.clone(), triggers, terms, time_of_day };
    let routes = Documented::new()
        .routes(routes!(post, current::details))
        .routes(routes!(change::handle))
        .routes(routes!(cancel::handle))
        .routes(routes!(summary::handle))
        .routes(routes!(allowance::handle))
        .routes(routes!(ledger::handle))
        .routes(routes!(preview::handle))
        .routes(routes!(source::handle))
        .routes(routes!(settings::read, settings::save))
        .routes(routes!(calendar::feed))
        .routes(routes!(calendar::create_link, calendar::remove_link));
    let routes = with_idempotency(with_versions(routes), &ports);
    representation::with_representation(routes, &app).with_state(app)
}

/// Sets a schedule, or starts an on-demand backup if the body is empty.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup",
    operation_id = "schedule_backup",
    tag = "backups",
    params(("v" = ApiVersion, Path)),
    request_body(content = Option<request::BackupRequest>, description = "An empty body starts an on-demand backup"),
    responses((status = 201, description = "Scheduled, or started", body = BackupEnvelope<Success<Changed>>), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
async fn post(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let asked = request::read(&body)?;
    let organisation = app.organisation(caller.org).await?;
    Ok(match asked {
        None => back_up_now::handle(&app, &organisation, &caller, &once).await?.into_response(),
        Some(rule) => set::handle(&app, &organisation, &caller, &once, rule).await?.into_response(),
    })
}
