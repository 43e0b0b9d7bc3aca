//! `POST backup` with a rule: sets the organisation's schedule. The trigger is written first and the row second, so
//! that a visible schedule always has a live trigger. A trigger without a row repairs itself when it fires.

use axum::Json;
use axum::http::StatusCode;
use hozon_shared::api::{ApiError, BackupEnvelope, Changed, Once, Success};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{EventId, ScheduleId};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::recurrence::Recurrence;
use hozon_shared::domain::rule::Rule;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::{ErrorKind, ScheduleTrigger};

use crate::allowance;
use crate::app::App;

type Answer = (StatusCode, Json<BackupEnvelope<Success<Changed>>>);

pub async fn handle(
    app: &App,
    organisation: &Organisation,
    caller: &Caller,
    once: &Once,
    rule: Rule,
) -> Result<Answer, ApiError> {
    let ports = &app.ports;
    if let Some(active) = app.active_schedule(caller.org).await? {
        return Err(ApiError::already_scheduled(active.id));
    }
    allowance::require_for(app, organisation, rule).await?;
    let now = ports.clock.now();
    let recurrence = Recurrence::after(rule, organisation.time_zone, app.time_of_day(organisation), now);
    let schedule = Schedule::set(caller.org, ScheduleId(ports.ids.next(now)), recurrence, caller.person.clone(), now);
    app.triggers.put(&ScheduleTrigger::of(&schedule)).await?;
    let id = schedule.id;
    let event = EventId(ports.ids.next(now));
    let mut changes = change::set_schedule(schedule, caller.contact(), event);
    changes.extend(once.answer(StatusCode::CREATED, &answer(id)));
    match ports.store.commit(caller.org, changes).await {
        Ok(()) => Ok((StatusCode::CREATED, Json(answer(id)))),
        Err(error) if error.kind == ErrorKind::Conflict => Err(yield_to_other(app, caller).await?),
        Err(error) => Err(error.into()),
    }
}

/// Restores the trigger of a schedule that was set concurrently, and returns the error for this caller.
async fn yield_to_other(app: &App, caller: &Caller) -> Result<ApiError, ApiError> {
    let active = app.active_schedule(caller.org).await?.ok_or_else(ApiError::precondition_failed)?;
    app.triggers.put(&ScheduleTrigger::of(&active)).await?;
    Ok(ApiError::already_scheduled(active.id))
}

fn answer(id: ScheduleId) -> BackupEnvelope<Success<Changed>> {
    let details = Changed { id: id.to_string(), note: None };
    BackupEnvelope { backup: Success::new(details, "Backup scheduled successfully.") }
}
