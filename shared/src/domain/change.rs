//! Changes of state, and the sets of them that belong together: each state change and its event are one transaction.

use chrono::{DateTime, Utc};

use super::allowance::{Claim, MonthUse};
use super::backup::{ArchiveFile, Backup, Failure, NotAllowed};
use super::event::{Event, What};
use super::id::{BackupId, EventId};
use super::organisation::{Organisation, Person};

/// One change in a transaction. Documents with a `version` are written only if the stored version is theirs (zero: absent),
/// and are stored with the next one.
#[derive(Debug, Clone)]
pub enum Change {
    /// Writes an organisation, whatever was there.
    Organisation(Organisation),
    /// Writes a backup.
    Backup(Box<Backup>),
    /// Writes a month's use.
    MonthUse(MonthUse),
    /// Takes the organisation's only place for a running backup; fails if it is taken, by this backup too.
    TakeSlot(BackupId),
    /// Frees that place; fails unless this backup has it.
    FreeSlot(BackupId),
    /// Appends to the event log; fails if the id is there.
    Event(Event),
}

/// Starts a backup: its row, the organisation's place for a running backup, what it uses, and the event.
pub fn start(backup: Backup, month_use: Option<MonthUse>, event: EventId) -> Vec<Change> {
    let what = What::BackupStarted { backup: backup.id };
    let mut changes = vec![
        Change::TakeSlot(backup.id),
        Change::Event(happened(event, backup.created, &backup.requester, what)),
        Change::Backup(Box::new(backup)),
    ];
    changes.extend(month_use.map(Change::MonthUse));
    changes
}

/// Completes a backup with its zips.
pub fn complete(backup: Backup, files: Vec<ArchiveFile>, at: DateTime<Utc>, event: EventId) -> Result<Vec<Change>, NotAllowed> {
    let backup = backup.complete(files, at)?;
    let files = backup.files.iter().map(|file| file.name.clone()).collect();
    let what = What::BackupReady { backup: backup.id, files, expires: backup.expires() };
    Ok(vec![
        Change::FreeSlot(backup.id),
        Change::Event(happened(event, at, &backup.requester, what)),
        Change::Backup(Box::new(backup)),
    ])
}

/// Ends a backup without files and gives back what it used. `month_use` is the use of the month that its claim names.
pub fn fail(
    backup: Backup,
    month_use: Option<MonthUse>,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, NotAllowed> {
    let backup = backup.fail(failure.clone(), at)?;
    let what = What::BackupFailed { backup: backup.id, failure };
    let mut changes = vec![Change::FreeSlot(backup.id), Change::Event(happened(event, at, &backup.requester, what))];
    let given_back = match &backup.claim {
        Claim::Unlimited => None,
        Claim::Free { month } => month_use.filter(|month_use| month_use.month == *month).map(MonthUse::give_back),
    };
    changes.extend(given_back.map(Change::MonthUse));
    changes.push(Change::Backup(Box::new(backup)));
    Ok(changes)
}

fn happened(id: EventId, at: DateTime<Utc>, by: &Person, what: What) -> Event {
    Event { id, at, by: by.clone(), what }
}
