//! The `schedule` function: setting, changing, reading and stopping a schedule, on-demand backups, the summary, the
//! settings, the calendar and the webhooks.

mod allowance;
mod app;
mod back_up_now;
mod calendar;
mod cancel;
mod cancel_run;
mod change;
mod current;
mod etag;
mod ports;
mod preview;
mod representation;
mod request;
mod retention_rule;
mod set;
mod settings;
mod source;
mod summary;
mod webhooks;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{
    Administrator, ApiError, BackupEnvelope, Body, Changed, Documented, Once, Success, with_idempotency, with_versions,
};
use utoipa_axum::routes;

pub use app::App;
pub use ports::SchedulePorts;

use request::Asked;

/// Returns the routes of this function.
pub fn router(app: App) -> Documented {
    let routes = Documented::new()
        .routes(routes!(post, current::details))
        .routes(routes!(change::handle))
        .routes(routes!(cancel::handle))
        .routes(routes!(cancel_run::handle))
        .routes(routes!(summary::handle))
        .routes(routes!(preview::handle))
        .routes(routes!(source::handle))
        .routes(routes!(settings::read, settings::save))
        .routes(routes!(calendar::feed))
        .routes(routes!(calendar::create_link, calendar::remove_link));
    let routes = with_idempotency(with_versions(routes), &app.ports.once);
    representation::with_representation(routes, &app).merge(routes_of_webhooks(&app)).with_state(app)
}

/// Routes whose changes the summary does not show.
fn routes_of_webhooks(app: &App) -> Documented<App> {
    let routes = Documented::new()
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::test));
    with_idempotency(with_versions(routes), &app.ports.once)
}

/// Sets a schedule, or starts an on-demand backup if the body is empty or names only a layout.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup",
    operation_id = "schedule_backup",
    tag = "backups",
    request_body(content = Option<request::BackupRequest>, description = "An empty body, or a layout alone, starts an on-demand backup"),
    responses((status = 201, description = "Scheduled, or started", body = BackupEnvelope<Success<Changed>>)),
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
        Asked::Now(layout) => back_up_now::handle(&app, &organisation, &caller, &once, layout).await?.into_response(),
        Asked::Schedule(rule) => set::handle(&app, &organisation, &caller, &once, rule).await?.into_response(),
    })
}
