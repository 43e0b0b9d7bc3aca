//! `GET backup`: the current schedule or backup, as in Zoho's reference.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::CurrentStatus;
use hozon_shared::api::{Administrator, ApiError, BackupEnvelope, LocalTime, PersonOut, local_time};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::domain::schedule::Schedule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::etag;

/// The active schedule, or else the schedule or backup that was set up or stopped last.
#[derive(Serialize, ToSchema)]
pub struct Details {
    /// Id of the schedule, or of the on-demand backup.
    id: String,
    /// Time of the next run; null if there is none.
    scheduled_date: Option<LocalTime>,
    /// Time of the first run; null for an on-demand backup.
    start_date: Option<LocalTime>,
    /// The rule; null for an on-demand backup.
    rrule: Option<String>,
    /// Who set it up.
    requester: PersonOut,
    #[schema(value_type = CurrentStatus)]
    status: &'static str,
}

/// Reads the current schedule or backup.
///
/// An on-demand backup in progress takes precedence over an active schedule, and that over whatever was set up last.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup",
    operation_id = "get_backup",
    tag = "backups",
    responses(
        (status = 200, description = "The schedule or backup", body = BackupEnvelope<Details>, headers(("ETag" = String, description = "For If-Match; only for schedules"))),
        (status = 204, description = "There is no schedule or backup"),
    ),
)]
pub async fn details(State(app): State<App>, Administrator(caller): Administrator) -> Result<Response, ApiError> {
    let zone = app.organisation(caller.org).await?.time_zone;
    let schedule = app.ports.schedules.newest_schedule(caller.org).await?;
    let backup = app.ports.store.backups(caller.org, 1).await?.pop();
    Ok(match current(schedule, backup) {
        Current::Nothing => StatusCode::NO_CONTENT.into_response(),
        Current::Backup(backup) => Json(BackupEnvelope { backup: of_backup(&backup) }).into_response(),
        Current::Schedule(schedule, is_running) => {
            let next = schedule.is_active().then(|| schedule.next_run(app.ports.clock.now()));
            let details = of_schedule(&schedule, is_running, next.map(|at| local_time(at, zone)), zone);
            ([(header::ETAG, etag::of_schedule(&schedule))], Json(BackupEnvelope { backup: details })).into_response()
        }
    })
}

enum Current {
    Nothing,
    Backup(Box<Backup>),
    /// A schedule, and whether one of its runs is in progress.
    Schedule(Box<Schedule>, bool),
}

/// An on-demand backup in progress takes precedence, then an active schedule, then whatever came last.
fn current(schedule: Option<Schedule>, backup: Option<Backup>) -> Current {
    let is_running = |backup: &Backup| backup.status == BackupStatus::Inprogress;
    match (schedule, backup) {
        (None, None) => Current::Nothing,
        (None, Some(backup)) => Current::Backup(Box::new(backup)),
        (Some(schedule), None) => Current::Schedule(Box::new(schedule), false),
        (Some(schedule), Some(backup)) => {
            let is_now = backup.repeat == RepeatType::Immediate;
            let is_later = schedule.stopped.is_some_and(|stopped| backup.created > stopped);
            if is_now && (is_running(&backup) || is_later) {
                Current::Backup(Box::new(backup))
            } else {
                Current::Schedule(Box::new(schedule), !is_now && is_running(&backup))
            }
        }
    }
}

fn of_backup(backup: &Backup) -> Details {
    let status = match backup.status {
        BackupStatus::Inprogress => "INPROGRESS",
        BackupStatus::Completed => "COMPLETED",
        BackupStatus::Failed => "FAILED",
        BackupStatus::Cancelled => "CANCELLED",
    };
    let requester = PersonOut::from(&backup.requester);
    Details { id: backup.id.to_string(), scheduled_date: None, start_date: None, rrule: None, requester, status }
}

fn of_schedule(schedule: &Schedule, is_running: bool, scheduled_date: Option<LocalTime>, zone: Tz) -> Details {
    let status = match (is_running, schedule.is_active()) {
        (true, _) => "INPROGRESS",
        (false, true) => "SCHEDULED",
        (false, false) => "STOPPED",
    };
    Details {
        id: schedule.id.to_string(),
        scheduled_date,
        start_date: schedule.recurrence.occurrences().next().map(|first| local_time(first, zone)),
        rrule: Some(schedule.recurrence.rule.to_string()),
        requester: PersonOut::from(&schedule.requester),
        status,
    }
}
