//! State and events of the backup service.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream, TryStreamExt};

use super::PortError;
use crate::domain::backup::{Backup, Failure};
pub use crate::domain::change::Change;
use crate::domain::event::Event;
use crate::domain::id::{BackupId, EventId, OrgId, UserId};
use crate::domain::organisation::Organisation;
use crate::domain::progress::Amount;

/// Which events to read.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Only events older than this one.
    pub before: Option<EventId>,
    /// At most so many.
    pub limit: usize,
}

/// Events, newest first.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Whether older ones exist.
    pub more: bool,
}

/// The table: state and event log. Reads see every commit that was answered before.
#[async_trait]
pub trait Store: Send + Sync {
    /// An organisation; `None` when it is unknown.
    async fn organisation(&self, org: OrgId) -> Result<Option<Organisation>, PortError>;
    /// A backup; `None` when this organisation has none with that id.
    async fn backup(&self, org: OrgId, id: BackupId) -> Result<Option<Backup>, PortError>;
    /// The newest backups, newest first.
    async fn backups(&self, org: OrgId, limit: usize) -> Result<Vec<Backup>, PortError>;
    /// Events, newest first.
    async fn events(&self, org: OrgId, query: EventQuery) -> Result<EventPage, PortError>;
    /// Makes all changes, or none: `Conflict` when a condition does not hold. At most 100 changes.
    async fn commit(&self, org: OrgId, changes: Vec<Change>) -> Result<(), PortError>;
}

/// The events from that time on, newest first, read `page` at a time; the last page may have older ones too.
pub fn events_since(
    store: &dyn Store,
    org: OrgId,
    since: DateTime<Utc>,
    page: usize,
) -> impl Stream<Item = Result<Event, PortError>> + '_ {
    let pages = stream::try_unfold(Some(None), move |next: Option<Option<EventId>>| async move {
        let Some(before) = next else { return Ok(None) };
        let read = store.events(org, EventQuery { before, limit: page }).await?;
        let oldest = read.events.last().filter(|oldest| read.more && oldest.at >= since);
        let next = oldest.map(|oldest| Some(oldest.id));
        Ok(Some((stream::iter(read.events.into_iter().map(Ok)), next)))
    });
    pages.try_flatten()
}

/// How far each work item of a run is. Writing the same again changes nothing. What is recorded goes some weeks after it was.
#[async_trait]
pub trait Progress: Send + Sync {
    /// Records what is done of an item.
    async fn record(&self, org: OrgId, backup: BackupId, item: u64, done: Amount, at: DateTime<Utc>) -> Result<(), PortError>;
    /// The sum over all items.
    async fn done(&self, org: OrgId, backup: BackupId) -> Result<Amount, PortError>;
    /// Remembers why a task of the run failed; a later reason replaces it. It counts only if the run ends in failure.
    async fn record_failure(&self, org: OrgId, backup: BackupId, failure: &Failure, at: DateTime<Utc>) -> Result<(), PortError>;
    /// The reason remembered last.
    async fn failure(&self, org: OrgId, backup: BackupId) -> Result<Option<Failure>, PortError>;
}

/// Up to which event each administrator has read the notifications.
#[async_trait]
pub trait Marks: Send + Sync {
    /// The newest event that is marked as read; `None` when nothing is.
    async fn read_until(&self, org: OrgId, user: UserId) -> Result<Option<EventId>, PortError>;
    /// Marks everything up to that event as read; an older mark than the stored one changes nothing.
    async fn mark_read(&self, org: OrgId, user: UserId, until: EventId) -> Result<(), PortError>;
}
