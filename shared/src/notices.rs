//! The notifications of a person: the events that the list of notifications shows and that the summary counts.

use crate::domain::event::{Event, EventKind};
use crate::domain::id::{EventId, OrgId, UserId};
use crate::ports::{EventQuery, Marks, PortError, Store};

/// Notifications are searched among this many of the newest events.
const LOOK_BACK: usize = 200;

/// The notifications of a person, newest first.
pub struct Notices {
    /// Events that concern the person.
    pub events: Vec<Event>,
    /// Recent ends of runs in the whole organisation, newest first.
    pub runs: Vec<Event>,
    read_until: Option<EventId>,
}

impl Notices {
    /// Reads a person's notifications.
    pub async fn of(store: &dyn Store, marks: &dyn Marks, org: OrgId, user: UserId) -> Result<Self, PortError> {
        let read_until = marks.read_until(org, user).await?;
        let mut events = store.events(org, EventQuery { before: None, limit: LOOK_BACK }).await?.events;
        let runs = events.iter().filter(|event| is_end_of_a_run(&event.what)).cloned().collect();
        events.retain(|event| event.by.id == user && event.what.notification().is_some());
        Ok(Self { events, runs, read_until })
    }

    /// Returns whether the person has read the notification.
    pub fn is_read(&self, event: &Event) -> bool {
        self.read_until.is_some_and(|until| event.id <= until)
    }

    /// Number of unread notifications.
    pub fn unread(&self) -> usize {
        self.events.iter().filter(|event| !self.is_read(event)).count()
    }
}

fn is_end_of_a_run(what: &EventKind) -> bool {
    use EventKind::{BackupCancelled, BackupFailed, BackupMissed, BackupOverlapped, BackupReady, BackupSkipped, UnusualLoss};
    matches!(
        what,
        BackupReady { .. }
            | UnusualLoss { .. }
            | BackupFailed { .. }
            | BackupCancelled { .. }
            | BackupSkipped { .. }
            | BackupOverlapped { .. }
            | BackupMissed { .. }
    )
}
