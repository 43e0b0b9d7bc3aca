//! State changes of drills, each with its event, and with what stands beside the backup.

use chrono::{DateTime, Utc};

use super::{BackupDrill, Drill, DrillEnded, DrillStatus, DrillTotals};
use crate::domain::backup::{Backup, Failure};
use crate::domain::change::{Change, Lock, happened};
use crate::domain::event::EventKind;
use crate::domain::id::EventId;
use crate::domain::organisation::Person;

/// Requests a drill of a backup: writes it, and acquires the lock.
pub fn request_drill(drill: Drill, backup: Backup, event: EventId) -> Vec<Change> {
    let lock = Change::Acquire(Lock::Drill(drill.id));
    let at = drill.requested;
    std::iter::once(lock).chain(stored(drill, Some(backup), at, event)).collect()
}

/// Completes a drill. `backup` is its backup, if that is still there.
pub fn complete_drill(
    drill: Drill,
    backup: Option<Backup>,
    totals: DrillTotals,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, DrillEnded> {
    Ok(ended(drill.complete(totals, at)?, backup, at, event))
}

/// Fails a drill.
pub fn fail_drill(
    drill: Drill,
    backup: Option<Backup>,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, DrillEnded> {
    Ok(ended(drill.fail(failure, at)?, backup, at, event))
}

/// Cancels a drill, as a person wishes. One that has begun only keeps who wishes it, and no event: its execution ends it.
pub fn cancel_drill(
    drill: Drill,
    backup: Option<Backup>,
    by: &Person,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, DrillEnded> {
    let cancelled = drill.cancel(by, at)?;
    Ok(match cancelled.is_active() {
        true => vec![Change::Drill(Box::new(cancelled))],
        false => ended(cancelled, backup, at, event),
    })
}

/// Ends a drill that was cancelled.
pub fn end_cancelled_drill(
    drill: Drill,
    backup: Option<Backup>,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, DrillEnded> {
    Ok(ended(drill.end_cancelled(at)?, backup, at, event))
}

fn ended(drill: Drill, backup: Option<Backup>, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let lock = Change::Release(Lock::Drill(drill.id));
    std::iter::once(lock).chain(stored(drill, backup, at, event)).collect()
}

/// The drill, its event, and its backup. A backup of which a later drill is known keeps that.
fn stored(drill: Drill, backup: Option<Backup>, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let known = BackupDrill::from(&drill);
    let backup = backup.filter(|backup| backup.drill.as_ref().is_none_or(|other| other.id <= drill.id));
    let backup = backup.map(|backup| Change::Backup(Box::new(Backup { drill: Some(known), ..backup })));
    let what = EventKind::Drill {
        drill: drill.id,
        backup: drill.backup,
        taken: drill.taken,
        status: drill.status,
        totals: drill.totals,
        failure: drill.failure.clone(),
    };
    let by = drill.cancelled_by.as_ref().filter(|_| drill.status == DrillStatus::Cancelled).unwrap_or(&drill.requester);
    let event = Change::Event(happened(event, at, by, what));
    backup.into_iter().chain([event, Change::Drill(Box::new(drill))]).collect()
}
