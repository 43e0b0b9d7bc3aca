//! State changes, grouped into transactions: every state change is stored together with its event.

use chrono::{DateTime, Utc};

use super::allowance::{Account, LimitReached, Settled};
use super::backup::{Backup, BackupTransitionError, Failure, MadeZips};
use super::connection::{Connection, ConnectionRole};
use super::delivery::Delivery;
use super::drill::Drill;
use super::erasure::{Erasure, ErasureTransitionError};
use super::event::{ErasureStep, Event, EventKind};
use super::hold::Hold;
use super::id::{BackupId, ConnectionId, DrillId, EventId, OrderId, RestoreId, ScheduleId, WebhookId};
use super::ledger::{LedgerEntry, entries};
use super::order::Order;
use super::organisation::{Contact, Organisation, Person};
use super::request::Request;
use super::restore::Restore;
use super::schedule::{Occurrence, Outcome, Schedule};
use super::statement::SignedStatement;
use super::subscription::Subscription;
use super::webhook::Webhook;

/// A single write within a transaction. A document with a `version` is written only if the stored version matches (zero
/// means absent), and is stored with the next version.
#[derive(Debug, Clone)]
pub enum Change {
    Organisation(Organisation),
    /// Writes a person's mail address and language unconditionally.
    Contact(Contact),
    Backup(Box<Backup>),
    Schedule(Box<Schedule>),
    /// Writes the outcome of an occurrence; fails if one is recorded.
    Occurrence(Occurrence),
    Account(Account),
    /// Appends a ledger entry; fails if it exists.
    Entry(LedgerEntry),
    Order(Box<Order>),
    Subscription(Box<Subscription>),
    /// Writes the organisation's customer id at the payment provider unconditionally.
    Customer(String),
    /// Records that an external message was handled; fails if it is recorded already.
    Handled {
        /// Name of the message; a repeated delivery has the same name.
        message: String,
        at: DateTime<Utc>,
    },
    /// Stores the answer to a request with an idempotency key; fails unless this attempt holds the key.
    Answered(Box<Request>),
    Connection(Box<Connection>),
    /// Deletes the connection with this role; fails unless it is the given one.
    ConnectionRemoved(ConnectionRole, ConnectionId),
    /// Writes a webhook unconditionally.
    Webhook(Box<Webhook>),
    /// Deletes a webhook; deleting an absent one succeeds.
    WebhookRemoved(WebhookId),
    /// Writes a delivery; fails if one of this event to this receiver is there, ended or not.
    Delivery(Box<Delivery>),
    /// Sets a hold; fails if the backup is held.
    Hold(Box<Hold>),
    Erasure(Box<Erasure>),
    /// Lifts the hold on a backup; fails if it is not held.
    HoldLifted(BackupId),
    /// Appends a signed statement to the chain; fails if there is one with that number.
    Statement(Box<SignedStatement>),
    Restore(Box<Restore>),
    Drill(Box<Drill>),
    /// Acquires one of the organisation's locks; fails if it is held, even by the same holder.
    Acquire(Lock),
    /// Releases a lock; fails unless this holder has it.
    Release(Lock),
    /// Appends to the event log; fails if the id exists.
    Event(Event),
}

/// An exclusive lock of an organisation, with its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Held by the backup in progress.
    Backup(BackupId),
    /// Held by the restore that is planned or written.
    Restore(RestoreId),
    /// Held by the drill that works.
    Drill(DrillId),
    /// Held by the active schedule.
    Schedule(ScheduleId),
    /// Held by the order with an open checkout.
    Checkout(OrderId),
    /// One of the webhook slots.
    Webhook { slot: u8, id: WebhookId },
}

/// Sets the connection to the CRM, or the restore target.
pub fn connect(connection: Connection, event: EventId) -> Vec<Change> {
    let (source, address) = (connection.source.kind().to_owned(), connection.source.shown());
    let what = match connection.role {
        ConnectionRole::Source => EventKind::SourceSet { source, address },
        ConnectionRole::RestoreTarget => EventKind::RestoreTargetSet { source, address },
    };
    let event = happened(event, connection.set_at, &connection.set_by, what);
    vec![Change::Event(event), Change::Connection(Box::new(connection))]
}

/// Removes the connection to the CRM, or the restore target.
pub fn disconnect(connection: &Connection, by: &Person, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let (source, address) = (connection.source.kind().to_owned(), connection.source.shown());
    let what = match connection.role {
        ConnectionRole::Source => EventKind::SourceRemoved { source, address },
        ConnectionRole::RestoreTarget => EventKind::RestoreTargetRemoved { source, address },
    };
    vec![Change::Event(happened(event, at, by, what)), Change::ConnectionRemoved(connection.role, connection.id)]
}

/// Starts a backup: writes its row, acquires the backup lock, consumes the allowance, and appends the event.
pub fn start(backup: Backup, used: Option<Settled>, event: EventId) -> Vec<Change> {
    let what = EventKind::BackupStarted { backup: backup.id, repeat: backup.repeat };
    let accounted = used.map(|used| settle(used, event, backup.created));
    let mut changes = vec![
        Change::Acquire(Lock::Backup(backup.id)),
        Change::Event(happened(event, backup.created, &backup.requester, what)),
        Change::Backup(Box::new(backup)),
    ];
    changes.extend(accounted.into_iter().flatten());
    changes
}

/// Starts the backup of a scheduled occurrence and records the occurrence's outcome.
pub fn start_scheduled(
    schedule: Schedule,
    occurrence: DateTime<Utc>,
    backup: Backup,
    used: Option<Settled>,
    event: EventId,
) -> Vec<Change> {
    let outcome = Outcome::Run { backup: backup.id };
    let mut changes = start(backup, used, event);
    changes.extend(record(schedule, occurrence, outcome));
    changes
}

/// Records that an occurrence was skipped because no backup was left.
pub fn skip(
    schedule: Schedule,
    occurrence: DateTime<Utc>,
    limit: LimitReached,
    at: DateTime<Utc>,
    event: EventId,
) -> Vec<Change> {
    let repeat = schedule.recurrence.rule.repeat_type();
    let what = EventKind::BackupSkipped { schedule: schedule.id, occurrence, repeat, allowed: limit.allowed };
    without_backup(schedule, occurrence, Outcome::Skipped, what, at, event)
}

/// Records that an occurrence was skipped because another backup was in progress.
pub fn overlap(
    schedule: Schedule,
    occurrence: DateTime<Utc>,
    running: &Backup,
    at: DateTime<Utc>,
    event: EventId,
) -> Vec<Change> {
    let repeat = schedule.recurrence.rule.repeat_type();
    let (running, since) = (running.id, running.created);
    let what = EventKind::BackupOverlapped { schedule: schedule.id, occurrence, repeat, running, since };
    without_backup(schedule, occurrence, Outcome::Overlapped { running }, what, at, event)
}

/// Records that an occurrence was missed.
pub fn miss(schedule: Schedule, occurrence: DateTime<Utc>, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let repeat = schedule.recurrence.rule.repeat_type();
    let what = EventKind::BackupMissed { schedule: schedule.id, occurrence, repeat };
    without_backup(schedule, occurrence, Outcome::Missed, what, at, event)
}

/// Records that the run of an occurrence failed before its backup was created.
pub fn fail_unstarted(
    schedule: Schedule,
    occurrence: DateTime<Utc>,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Vec<Change> {
    let repeat = schedule.recurrence.rule.repeat_type();
    let what = EventKind::BackupFailed { backup: None, repeat, failure: failure.clone() };
    without_backup(schedule, occurrence, Outcome::Failed { failure }, what, at, event)
}

fn without_backup(
    schedule: Schedule,
    occurrence: DateTime<Utc>,
    outcome: Outcome,
    what: EventKind,
    at: DateTime<Utc>,
    event: EventId,
) -> Vec<Change> {
    let event = Change::Event(happened(event, at, &schedule.requester, what));
    let mut changes = vec![event];
    changes.extend(record(schedule, occurrence, outcome));
    changes
}

/// Writes the outcome of an occurrence, and advances the schedule's due time.
fn record(schedule: Schedule, at: DateTime<Utc>, outcome: Outcome) -> [Change; 2] {
    let occurrence = Occurrence { schedule: schedule.id, at, outcome };
    [Change::Occurrence(occurrence), Change::Schedule(Box::new(schedule.recorded(at)))]
}

/// Creates a schedule: writes its row, acquires the schedule lock, and appends the event.
pub fn set_schedule(schedule: Schedule, contact: Contact, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleSet { schedule: schedule.id, rule: schedule.recurrence.rule, next_run: schedule.due };
    vec![
        Change::Acquire(Lock::Schedule(schedule.id)),
        Change::Event(happened(event, schedule.created, &schedule.requester, what)),
        Change::Contact(contact),
        Change::Schedule(Box::new(schedule)),
    ]
}

/// Stores a schedule whose rule was changed.
pub fn change_schedule(changed: Schedule, contact: Contact, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleChanged { schedule: changed.id, rule: changed.recurrence.rule, next_run: changed.due };
    vec![
        Change::Event(happened(event, at, &changed.requester, what)),
        Change::Contact(contact),
        Change::Schedule(Box::new(changed)),
    ]
}

/// Sets a hold on a backup.
pub fn hold(hold: Hold, event: EventId) -> Vec<Change> {
    let event = happened(event, hold.at, &hold.by, EventKind::HoldSet { backup: hold.backup });
    vec![Change::Event(event), Change::Hold(Box::new(hold))]
}

/// Lifts the hold on a backup.
pub fn lift_hold(backup: BackupId, by: &Person, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    vec![Change::Event(happened(event, at, by, EventKind::HoldLifted { backup })), Change::HoldLifted(backup)]
}

/// Stores an erasure together with the event of its step.
pub fn erasure(erasure: Erasure, step: ErasureStep, by: &Person, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let records = erasure.extent.as_ref().map(|extent| extent.records);
    let what = EventKind::Erasure { erasure: erasure.id, step, records };
    vec![Change::Event(happened(event, at, by, what)), Change::Erasure(Box::new(erasure))]
}

/// Completes an erasure with the statement about it.
pub fn complete_erasure(
    pending: Erasure,
    statement: SignedStatement,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, ErasureTransitionError> {
    let completed = pending.complete(statement.number, at)?;
    let by = completed.requester.clone();
    let mut changes = erasure(completed, ErasureStep::Completed, &by, at, event);
    changes.push(Change::Statement(Box::new(statement)));
    Ok(changes)
}

/// Stores an organisation's settings, together with its schedule if they moved its runs.
pub fn save_settings(
    organisation: Organisation,
    moved: Option<Schedule>,
    by: &Person,
    at: DateTime<Utc>,
    events: [EventId; 2],
) -> Vec<Change> {
    let mut changes =
        vec![Change::Event(happened(events[0], at, by, EventKind::SettingsSaved {})), Change::Organisation(organisation)];
    if let Some(schedule) = moved {
        let what = EventKind::ScheduleChanged { schedule: schedule.id, rule: schedule.recurrence.rule, next_run: schedule.due };
        changes.push(Change::Event(happened(events[1], at, by, what)));
        changes.push(Change::Schedule(Box::new(schedule)));
    }
    changes
}

/// Stores a schedule that a user stopped.
pub fn stop_schedule(stopped: Schedule, by: &Person, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleStopped { schedule: stopped.id, rule: stopped.recurrence.rule };
    vec![
        Change::Release(Lock::Schedule(stopped.id)),
        Change::Event(happened(event, at, by, what)),
        Change::Schedule(Box::new(stopped)),
    ]
}

/// Completes a backup with its zips, and with the statement about them. The second event is that of an unusual loss, if there is one.
pub fn complete(
    backup: Backup,
    made: MadeZips,
    statement: Option<SignedStatement>,
    at: DateTime<Utc>,
    events: [EventId; 2],
) -> Result<Vec<Change>, BackupTransitionError> {
    let number = statement.as_ref().map(|statement| statement.number);
    let backup = Backup { statement: number, ..backup.complete(made, at)? };
    let files = backup.files.iter().map(|file| file.name.clone()).collect();
    let (losses, expires) = (backup.losses.clone(), backup.expires());
    let changes = backup.changes.as_ref().map(|changes| Box::new(changes.for_event()));
    let warned = changes.clone().filter(|changes| !changes.unusual.is_empty());
    let warning = warned.map(|changes| EventKind::UnusualLoss { backup: backup.id, repeat: backup.repeat, changes });
    let what = EventKind::BackupReady { backup: backup.id, repeat: backup.repeat, files, losses, changes, expires };
    let told = [Some(what), warning].into_iter().flatten().zip(events);
    let mut changes: Vec<Change> =
        told.map(|(what, event)| Change::Event(happened(event, at, &backup.requester, what))).collect();
    changes.extend([Change::Release(Lock::Backup(backup.id)), Change::Backup(Box::new(backup))]);
    changes.extend(statement.map(|statement| Change::Statement(Box::new(statement))));
    Ok(changes)
}

/// Records that it was decided whether to remind somebody of a backup. With an event, somebody is reminded.
pub fn remind(backup: Backup, at: DateTime<Utc>, event: Option<EventId>) -> Vec<Change> {
    let (id, repeat, expires) = (backup.id, backup.repeat, backup.expires());
    let what = EventKind::LinksEnding { backup: id, repeat, created: backup.created, expires };
    let event = event.map(|event| Change::Event(happened(event, at, &backup.requester, what)));
    let decided = Change::Backup(Box::new(Backup { reminded: Some(at), ..backup }));
    event.into_iter().chain([decided]).collect()
}

/// Fails a backup. `given_back` is the account after the claim was returned.
pub fn fail(
    backup: Backup,
    given_back: Option<Settled>,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, BackupTransitionError> {
    let backup = backup.fail(failure.clone(), at)?;
    let what = EventKind::BackupFailed { backup: Some(backup.id), repeat: backup.repeat, failure };
    let mut changes = vec![
        Change::Release(Lock::Backup(backup.id)),
        Change::Event(happened(event, at, &backup.requester, what)),
        Change::Backup(Box::new(backup)),
    ];
    changes.extend(given_back.into_iter().flat_map(|settled| settle(settled, event, at)));
    Ok(changes)
}

/// Cancels a backup, as a person wishes. `given_back` is the account after the claim was returned.
pub fn cancel(
    backup: Backup,
    given_back: Option<Settled>,
    by: &Person,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, BackupTransitionError> {
    let backup = backup.cancel(at)?;
    let what = EventKind::BackupCancelled { backup: backup.id, repeat: backup.repeat };
    let mut changes = vec![
        Change::Release(Lock::Backup(backup.id)),
        Change::Event(happened(event, at, by, what)),
        Change::Backup(Box::new(backup)),
    ];
    changes.extend(given_back.into_iter().flat_map(|settled| settle(settled, event, at)));
    Ok(changes)
}

/// Stores an account together with the ledger entries of its change.
pub(super) fn settle(settled: Settled, event: EventId, at: DateTime<Utc>) -> Vec<Change> {
    let mut changes = vec![Change::Account(settled.account)];
    changes.extend(entries(settled.movements, event, at).map(Change::Entry));
    changes
}

pub(super) fn happened(id: EventId, at: DateTime<Utc>, by: &Person, what: EventKind) -> Event {
    Event { id, at, by: by.clone(), what }
}
