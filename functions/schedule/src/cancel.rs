//! `PUT backup/{id}/actions/cancel`: stops a schedule. A backup that is in progress or completed cannot be stopped.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use hozon_shared::api::{Administrator, ApiError, BackupEnvelope, Changed, Envelope, Success};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId, OrgId, ScheduleId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::ErrorKind;
use hozon_shared::telemetry::Causes;

use crate::app::{ATTEMPTS, App};
use crate::etag;

const NOTE: &str = "A paid weekly subscription is not cancelled by this; it continues until you cancel it.";

type Answer = Json<BackupEnvelope<Success<Changed>>>;

/// Stops a schedule.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/{id}/actions/cancel",
    operation_id = "cancel_schedule",
    tag = "backups",
    params(
        ("id" = String, Path, description = "The schedule, or a backup"),
        ("If-Match" = Option<String>, Header, description = "ETag of the schedule to stop; without it, any version is stopped"),
    ),
    responses(
        (status = 200, description = "Stopped", body = BackupEnvelope<Success<Changed>>),
        (status = 412, description = "The schedule was changed in the meantime", body = hozon_shared::api::AnyError),
    ),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    let not_found = || ApiError::not_found().envelope(Envelope::Backup);
    let seen = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let id: u64 = id.parse::<BackupId>().map_err(|_| not_found())?.0;
    for _ in 0..ATTEMPTS {
        let Some(schedule) = app.ports.schedules.schedule(caller.org, ScheduleId(id)).await? else {
            return Err(error_for(&app, caller.org, BackupId(id)).await?);
        };
        if seen.is_some_and(|seen| !etag::matches(seen, &etag::of_schedule(&schedule))) {
            return Err(ApiError::precondition_failed());
        }
        if let Some(answer) = stop(&app, &caller, schedule).await? {
            return Ok(answer);
        }
    }
    Err(ApiError::precondition_failed().envelope(Envelope::Backup))
}

/// Stops the schedule; returns `None` if a run was recorded concurrently.
async fn stop(app: &App, caller: &Caller, schedule: Schedule) -> Result<Option<Answer>, ApiError> {
    let now = app.ports.clock.now();
    let stopped = schedule.stop(now).map_err(|_| ApiError::already_cancelled())?;
    require_no_run(app, caller.org).await?;
    let id = stopped.id;
    let event = EventId(app.ports.ids.next(now));
    match app.ports.store.commit(caller.org, change::stop_schedule(stopped, &caller.person, now, event)).await {
        Ok(()) => {}
        Err(error) if error.kind == ErrorKind::Conflict => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = app.triggers.delete(caller.org).await {
        // The schedule is stopped in any case: its trigger starts nothing, and is deleted at its next invocation.
        tracing::warn!(error = %Causes(&error), org.id = caller.org.0, "a trigger outlives its schedule");
    }
    let details = Changed { id: id.to_string(), note: Some(NOTE) };
    Ok(Some(Json(BackupEnvelope { backup: Success::new(details, "Backup stopped successfully.") })))
}

async fn require_no_run(app: &App, org: OrgId) -> Result<(), ApiError> {
    let newest = app.ports.store.backups(org, 1).await?.pop();
    match newest.filter(|backup| backup.status == BackupStatus::Inprogress && backup.repeat != RepeatType::Immediate) {
        Some(running) => Err(ApiError::in_progress(running.id)),
        None => Ok(()),
    }
}

/// Returns the error for an id that does not name a schedule.
async fn error_for(app: &App, org: OrgId, id: BackupId) -> Result<ApiError, ApiError> {
    Ok(match app.ports.store.backup(org, id).await? {
        Some(backup) if backup.status == BackupStatus::Inprogress => ApiError::in_progress(id),
        Some(_) => ApiError::already_cancelled(),
        None => ApiError::not_found().envelope(Envelope::Backup),
    })
}
