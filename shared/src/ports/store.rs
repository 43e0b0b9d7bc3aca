//! State and event log of the backup service.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream, TryStreamExt};

use super::PortError;
use crate::domain::backup::{Backup, Failure};
pub use crate::domain::change::Change;
use crate::domain::event::Event;
use crate::domain::id::{BackupId, EventId, OrgId, UserId};
use crate::domain::organisation::Organisation;
use crate::domain::progress::{Amount, CaptureProgress};

/// A page of events to read.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Only events older than this one.
    pub before: Option<EventId>,
    /// Maximum number of events.
    pub limit: usize,
}

/// Events, newest first.
#[derive(Debug, Clone)]
pub struct EventPage {
    pub events: Vec<Event>,
    /// Whether older events exist.
    pub more: bool,
}

/// The table that holds state and the event log. A read sees every commit that was acknowledged before it.
#[async_trait]
pub trait Store: Send + Sync {
    /// Returns an organisation, or `None` if it is unknown.
    async fn organisation(&self, org: OrgId) -> Result<Option<Organisation>, PortError>;
    /// Returns a backup, or `None` if the organisation has no backup with that id.
    async fn backup(&self, org: OrgId, id: BackupId) -> Result<Option<Backup>, PortError>;
    /// Returns the newest backups, newest first.
    async fn backups(&self, org: OrgId, limit: usize) -> Result<Vec<Backup>, PortError>;
    /// Returns a page of events, newest first.
    async fn events(&self, org: OrgId, query: EventQuery) -> Result<EventPage, PortError>;
    /// Applies all changes in one transaction, at most 100. Fails with `Conflict` if a condition does not hold; nothing
    /// is written then.
    async fn commit(&self, org: OrgId, changes: Vec<Change>) -> Result<(), PortError>;
}

/// Streams the events since a time, newest first, reading `page` events at a time. The last page may contain older
/// events too.
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

/// Tracks the progress of each work item of a run. Repeated writes are idempotent. Records expire after some weeks.
#[async_trait]
pub trait Progress: Send + Sync {
    /// Records how much of an item is done.
    async fn record(&self, org: OrgId, backup: BackupId, item: u64, done: Amount, at: DateTime<Utc>) -> Result<(), PortError>;
    /// Records what a reader of the CRM has read of its share. Replaces what the same reader has recorded before.
    async fn record_capture(
        &self,
        run: (OrgId, BackupId),
        reader: u64,
        read: CaptureProgress,
        at: DateTime<Utc>,
    ) -> Result<(), PortError>;
    /// Sums what all readers have read; `None` if the run reads no CRM, or has not begun to.
    async fn captured(&self, org: OrgId, backup: BackupId) -> Result<Option<CaptureProgress>, PortError>;
    /// Sums the progress over all items.
    async fn done(&self, org: OrgId, backup: BackupId) -> Result<Amount, PortError>;
    /// Remembers why a task of the run failed; a later reason replaces an earlier one. The reason is used only if the
    /// run ends in failure.
    async fn record_failure(&self, org: OrgId, backup: BackupId, failure: &Failure, at: DateTime<Utc>) -> Result<(), PortError>;
    /// Returns the reason that was recorded last.
    async fn failure(&self, org: OrgId, backup: BackupId) -> Result<Option<Failure>, PortError>;
}

/// Remembers up to which event each administrator has read the notifications.
#[async_trait]
pub trait Marks: Send + Sync {
    /// Returns the newest event marked as read, or `None` if there is none.
    async fn read_until(&self, org: OrgId, user: UserId) -> Result<Option<EventId>, PortError>;
    /// Marks every event up to `until` as read. The mark never moves back.
    async fn mark_read(&self, org: OrgId, user: UserId, until: EventId) -> Result<(), PortError>;
}
