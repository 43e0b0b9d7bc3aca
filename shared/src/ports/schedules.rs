//! Schedules, and what is due.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::domain::id::{BackupId, EventId, OrgId, ScheduleId, UserId, WebhookId};
use crate::domain::organisation::Contact;
use crate::domain::schedule::{Occurrence, Schedule};

/// What should have happened by a certain time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// A run of this schedule.
    Schedule(OrgId, ScheduleId),
    /// The end of this backup.
    Backup(OrgId, BackupId),
    /// One more attempt to deliver this event to this webhook.
    Delivery(OrgId, WebhookId, EventId),
}

/// Schedules in the table. Written by [`super::Store::commit`]. Reads see every commit that was answered before, but for `due`.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// A schedule; `None` when this organisation has none with that id.
    async fn schedule(&self, org: OrgId, id: ScheduleId) -> Result<Option<Schedule>, PortError>;
    /// The schedule that was set last, stopped or not.
    async fn newest_schedule(&self, org: OrgId) -> Result<Option<Schedule>, PortError>;
    /// The record of an occurrence; `None` while it has none.
    async fn occurrence(&self, org: OrgId, id: ScheduleId, at: DateTime<Utc>) -> Result<Option<Occurrence>, PortError>;
    /// All records of a schedule's occurrences, in order.
    async fn occurrences(&self, org: OrgId, id: ScheduleId) -> Result<Vec<Occurrence>, PortError>;
    /// Everything, of all organisations, that was due at that time. May lag by seconds.
    async fn due(&self, until: DateTime<Utc>) -> Result<Vec<Due>, PortError>;
    /// Where a person is written to; `None` for somebody who never set up anything.
    async fn contact(&self, org: OrgId, user: UserId) -> Result<Option<Contact>, PortError>;
}
