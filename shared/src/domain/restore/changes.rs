//! State changes of restores, each with its event.

use chrono::{DateTime, Utc};

use super::{Restore, RestoreOutcome, RestorePlan, RestoreStep, RestoreTransitionError};
use crate::domain::backup::Failure;
use crate::domain::change::{Change, Lock, happened};
use crate::domain::event::EventKind;
use crate::domain::id::EventId;
use crate::domain::organisation::Person;
use crate::domain::run_length::RunLength;

/// Requests a restore: writes it, and acquires the lock. There is an event once it is planned.
pub fn request_restore(restore: Restore) -> Vec<Change> {
    vec![Change::Acquire(Lock::Restore(restore.id)), Change::Restore(Box::new(restore))]
}

/// Stores the plan of a restore, and releases the lock until it is confirmed.
pub fn plan_restore(
    restore: Restore,
    plan: RestorePlan,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, RestoreTransitionError> {
    let records = plan.counts().writes();
    let planned = restore.plan(plan, at)?;
    let event = told(&planned, RestoreStep::Planned, records, &planned.requester, at, event);
    Ok(vec![Change::Release(Lock::Restore(planned.id)), event, Change::Restore(Box::new(planned))])
}

/// Confirms a restore, and acquires the lock.
pub fn confirm_restore(
    restore: Restore,
    deletes: u64,
    by: &Person,
    (at, length): (DateTime<Utc>, RunLength),
    event: EventId,
) -> Result<Vec<Change>, RestoreTransitionError> {
    let confirmed = restore.confirm(deletes, by, at, length)?;
    let records = confirmed.plan.as_ref().map_or(0, |plan| plan.counts().writes());
    let event = told(&confirmed, RestoreStep::Confirmed, records, by, at, event);
    Ok(vec![Change::Acquire(Lock::Restore(confirmed.id)), event, Change::Restore(Box::new(confirmed))])
}

/// Completes a restore. `undone` is the one that it undoes.
pub fn complete_restore(
    restore: Restore,
    undone: Option<Restore>,
    outcome: RestoreOutcome,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, RestoreTransitionError> {
    let completed = restore.complete(outcome, at)?;
    let by = completed.confirmed_by.clone().unwrap_or_else(|| completed.requester.clone());
    let event = told(&completed, RestoreStep::Completed, outcome.records.written, &by, at, event);
    let undone = undone.map(|undone| Change::Restore(Box::new(Restore { undone_by: Some(completed.id), ..undone })));
    let mut changes = vec![Change::Release(Lock::Restore(completed.id)), event, Change::Restore(Box::new(completed))];
    changes.extend(undone);
    Ok(changes)
}

/// Fails a restore, of which so much was written.
pub fn fail_restore(
    restore: Restore,
    failure: Failure,
    written: RestoreOutcome,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, RestoreTransitionError> {
    let failed = Restore { outcome: outcome_of(&restore, written), ..restore.fail(failure, at)? };
    let event = told(&failed, RestoreStep::Failed, written.records.written, &failed.requester, at, event);
    Ok(vec![Change::Release(Lock::Restore(failed.id)), event, Change::Restore(Box::new(failed))])
}

/// Cancels a restore, as a person wishes.
pub fn cancel_restore(
    restore: Restore,
    written: RestoreOutcome,
    by: &Person,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, RestoreTransitionError> {
    let is_locked = restore.is_active();
    let cancelled = restore.cancel(at)?;
    let event = told(&cancelled, RestoreStep::Cancelled, written.records.written, by, at, event);
    let release = is_locked.then_some(Change::Release(Lock::Restore(cancelled.id)));
    Ok(release.into_iter().chain([event, Change::Restore(Box::new(cancelled))]).collect())
}

/// What was written until a restore ended early; `None` if it had not begun to write.
fn outcome_of(restore: &Restore, written: RestoreOutcome) -> Option<RestoreOutcome> {
    restore.confirmed.map(|_| written)
}

fn told(restore: &Restore, step: RestoreStep, records: u64, by: &Person, at: DateTime<Utc>, event: EventId) -> Change {
    let (id, backup, undoes, target) = (restore.id, restore.backup, restore.undoes, restore.target);
    Change::Event(happened(event, at, by, EventKind::Restore { restore: id, step, backup, undoes, target, records }))
}
