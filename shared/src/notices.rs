//! Which events are news for whom: what the list of notifications shows and the summary counts.

use crate::domain::event::{Event, EventKind};
use crate::domain::id::{EventId, OrgId, UserId};
use crate::ports::{EventQuery, PortError, Ports};

/// Notifications are looked for among this many of the newest events.
const LOOK_BACK: usize = 200;

/// A person's news, newest first.
pub struct Notices {
    /// The events.
    pub events: Vec<Event>,
    /// How runs of the organisation ended lately, whoever they were for; newest first.
    pub runs: Vec<Event>,
    read_until: Option<EventId>,
}

impl Notices {
    /// Reads them.
    pub async fn of(ports: &Ports, org: OrgId, user: UserId) -> Result<Self, PortError> {
        let read_until = ports.marks.read_until(org, user).await?;
        let mut events = ports.store.events(org, EventQuery { before: None, limit: LOOK_BACK }).await?.events;
        let runs = events.iter().filter(|event| is_end_of_a_run(&event.what)).cloned().collect();
        events.retain(|event| event.by.id == user && event.what.notification().is_some());
        Ok(Self { events, runs, read_until })
    }

    /// Whether the person has read it.
    pub fn is_read(&self, event: &Event) -> bool {
        self.read_until.is_some_and(|until| event.id <= until)
    }

    /// How many the person has not read.
    pub fn unread(&self) -> usize {
        self.events.iter().filter(|event| !self.is_read(event)).count()
    }
}

fn is_end_of_a_run(what: &EventKind) -> bool {
    use EventKind::{BackupFailed, BackupMissed, BackupReady, BackupSkipped};
    matches!(what, BackupReady { .. } | BackupFailed { .. } | BackupSkipped { .. } | BackupMissed { .. })
}
