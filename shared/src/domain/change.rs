//! Changes of state, and the sets of them that belong together: each state change and its event are one transaction.

use chrono::{DateTime, Utc};

use super::allowance::{Account, LimitReached, Settled};
use super::backup::{ArchiveFile, Backup, Failure, NotAllowed};
use super::event::{Event, EventKind};
use super::id::{BackupId, EventId, OrderId, ScheduleId, WebhookId};
use super::ledger::{Entry, entries};
use super::order::Order;
use super::organisation::{Contact, Organisation, Person};
use super::request::Request;
use super::schedule::{Occurrence, Outcome, Schedule};
use super::subscription::Subscription;
use super::webhook::{Delivery, Webhook};

/// One change in a transaction. Documents with a `version` are written only if the stored version is theirs (zero: absent),
/// and are stored with the next one.
#[derive(Debug, Clone)]
pub enum Change {
    /// Writes an organisation.
    Organisation(Organisation),
    /// Writes where a person is written to, whatever was there.
    Contact(Contact),
    /// Writes a backup.
    Backup(Box<Backup>),
    /// Writes a schedule.
    Schedule(Box<Schedule>),
    /// Writes what became of an occurrence; fails if that is known.
    Occurrence(Occurrence),
    /// Writes what the organisation may use.
    Account(Account),
    /// Appends to the ledger; fails if the entry is there.
    Entry(Entry),
    /// Writes an order.
    Order(Box<Order>),
    /// Writes a subscription.
    Subscription(Box<Subscription>),
    /// Writes the payment provider's id of the organisation, whatever was there.
    Customer(String),
    /// Notes that a message from outside was handled; fails if that is noted.
    Handled {
        /// Its name, which a repeat has too.
        message: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Stores the answer of a request with an idempotency key; fails unless this attempt carries it out.
    Answered(Box<Request>),
    /// Writes a webhook, whatever was there.
    Webhook(Box<Webhook>),
    /// Deletes a webhook; one that is not there is no error.
    WebhookRemoved(WebhookId),
    /// Writes an open delivery, whatever was there.
    Delivery(Box<Delivery>),
    /// Takes one of the organisation's places; fails if it is taken, by the same holder too.
    Acquire(Lock),
    /// Frees a place; fails unless this holder has it.
    Release(Lock),
    /// Appends to the event log; fails if the id is there.
    Event(Event),
}

/// A place that an organisation has once, and who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// That of the backup being made.
    Backup(BackupId),
    /// That of the schedule that goes on.
    Schedule(ScheduleId),
    /// That of the order whose checkout is open.
    Checkout(OrderId),
    /// One of those of webhooks.
    Webhook {
        /// Which.
        slot: u8,
        /// The webhook.
        id: WebhookId,
    },
}

/// Starts a backup: its row, the organisation's place for a running backup, what it uses, and the event.
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

/// Starts the backup of a schedule's occurrence, which gets its record by this.
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

/// Leaves out the run of an occurrence because nothing is left to use.
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

/// Records that an occurrence had no run.
pub fn miss(schedule: Schedule, occurrence: DateTime<Utc>, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let repeat = schedule.recurrence.rule.repeat_type();
    let what = EventKind::BackupMissed { schedule: schedule.id, occurrence, repeat };
    without_backup(schedule, occurrence, Outcome::Missed, what, at, event)
}

/// Records that the run of an occurrence failed before there was a backup.
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

/// Writes an occurrence's record, and moves on what is due of its schedule.
fn record(schedule: Schedule, at: DateTime<Utc>, outcome: Outcome) -> [Change; 2] {
    let occurrence = Occurrence { schedule: schedule.id, at, outcome };
    [Change::Occurrence(occurrence), Change::Schedule(Box::new(schedule.recorded(at)))]
}

/// Sets a schedule: its row, the organisation's place for a schedule, and the event.
pub fn set_schedule(schedule: Schedule, contact: Contact, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleSet { schedule: schedule.id, rule: schedule.recurrence.rule, next_run: schedule.due };
    vec![
        Change::Acquire(Lock::Schedule(schedule.id)),
        Change::Event(happened(event, schedule.created, &schedule.requester, what)),
        Change::Contact(contact),
        Change::Schedule(Box::new(schedule)),
    ]
}

/// Stores a schedule that was given another rule.
pub fn change_schedule(changed: Schedule, contact: Contact, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleChanged { schedule: changed.id, rule: changed.recurrence.rule, next_run: changed.due };
    vec![
        Change::Event(happened(event, at, &changed.requester, what)),
        Change::Contact(contact),
        Change::Schedule(Box::new(changed)),
    ]
}

/// Stores an organisation's settings, and its schedule where they have moved that.
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

/// Stores a schedule that was stopped by somebody.
pub fn stop_schedule(stopped: Schedule, by: &Person, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let what = EventKind::ScheduleStopped { schedule: stopped.id, rule: stopped.recurrence.rule };
    vec![
        Change::Release(Lock::Schedule(stopped.id)),
        Change::Event(happened(event, at, by, what)),
        Change::Schedule(Box::new(stopped)),
    ]
}

/// Completes a backup with its zips.
pub fn complete(backup: Backup, files: Vec<ArchiveFile>, at: DateTime<Utc>, event: EventId) -> Result<Vec<Change>, NotAllowed> {
    let backup = backup.complete(files, at)?;
    let files = backup.files.iter().map(|file| file.name.clone()).collect();
    let what = EventKind::BackupReady { backup: backup.id, repeat: backup.repeat, files, expires: backup.expires() };
    Ok(vec![
        Change::Release(Lock::Backup(backup.id)),
        Change::Event(happened(event, at, &backup.requester, what)),
        Change::Backup(Box::new(backup)),
    ])
}

/// Ends a backup without files. `given_back` is the account with what the backup used.
pub fn fail(
    backup: Backup,
    given_back: Option<Settled>,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, NotAllowed> {
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

/// Stores an account and the ledger's entries of its change.
pub(super) fn settle(settled: Settled, event: EventId, at: DateTime<Utc>) -> Vec<Change> {
    let mut changes = vec![Change::Account(settled.account)];
    changes.extend(entries(settled.movements, event, at).map(Change::Entry));
    changes
}

pub(super) fn happened(id: EventId, at: DateTime<Utc>, by: &Person, what: EventKind) -> Event {
    Event { id, at, by: by.clone(), what }
}
