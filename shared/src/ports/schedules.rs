//! Schedules, their occurrences, and items that are due.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::domain::delivery::DeliveryId;
use crate::domain::id::{BackupId, DrillId, ErasureId, OrgId, RestoreId, ScheduleId, UserId};
use crate::domain::organisation::Contact;
use crate::domain::schedule::{Occurrence, Schedule};

/// An item that was due by a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// A scheduled run.
    Schedule(OrgId, ScheduleId),
    /// A backup that should have ended.
    Backup(OrgId, BackupId),
    /// An erasure that is to be tried again, or whose execution says nothing.
    Erasure(OrgId, ErasureId),
    /// A restore whose work has not begun, or should have ended.
    Restore(OrgId, RestoreId),
    /// A drill whose work has not begun, or should have ended.
    Drill(OrgId, DrillId),
    /// One more attempt at this delivery.
    Delivery(DeliveryId),
}

/// The items that are due. One that cannot be read keeps no other from being found.
#[derive(Debug, Default)]
pub struct DueItems {
    /// The items that could be read.
    pub found: Vec<Due>,
    /// An error for each item, and each part of the index, that could not be read.
    pub unreadable: Vec<PortError>,
}

/// Reads schedules. [`super::Store::commit`] writes them; except for `due`, a read sees every commit that was
/// acknowledged before it.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Returns a schedule, or `None` if the organisation has no schedule with that id.
    async fn schedule(&self, org: OrgId, id: ScheduleId) -> Result<Option<Schedule>, PortError>;
    /// Returns the most recently created schedule, stopped or not.
    async fn newest_schedule(&self, org: OrgId) -> Result<Option<Schedule>, PortError>;
    /// Returns the record of an occurrence, or `None` if it has none yet.
    async fn occurrence(&self, org: OrgId, id: ScheduleId, at: DateTime<Utc>) -> Result<Option<Occurrence>, PortError>;
    /// Returns the records of all occurrences of a schedule, in order of time.
    async fn occurrences(&self, org: OrgId, id: ScheduleId) -> Result<Vec<Occurrence>, PortError>;
    /// Returns the items of all organisations that were due at `until`. The index behind it may lag by seconds.
    async fn due(&self, until: DateTime<Utc>) -> DueItems;
    /// Returns a person's mail address and language, or `None` for a person who has never set up anything.
    async fn contact(&self, org: OrgId, user: UserId) -> Result<Option<Contact>, PortError>;
}
