//! Triggers of schedules, which live outside the table.

use async_trait::async_trait;
use chrono_tz::Tz;

use super::PortError;
use crate::domain::id::{OrgId, ScheduleId};
use crate::domain::schedule::Schedule;
use crate::domain::trigger::cron;

/// A timer that invokes the `trigger` function at a schedule's times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleTrigger {
    /// The owner; an organisation has at most one trigger.
    pub org: OrgId,
    /// The schedule for which the timer fires.
    pub schedule: ScheduleId,
    /// A cron expression as created by `domain::trigger`.
    pub expression: String,
    /// The time zone of the expression.
    pub zone: Tz,
}

impl ScheduleTrigger {
    /// Creates the trigger of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        let recurrence = &schedule.recurrence;
        Self { org: schedule.org, schedule: schedule.id, expression: cron(recurrence), zone: recurrence.zone }
    }
}

/// Creates and deletes triggers. Every call is idempotent.
#[async_trait]
pub trait Triggers: Send + Sync {
    /// Sets an organisation's trigger and replaces an existing one.
    async fn put(&self, trigger: &ScheduleTrigger) -> Result<(), PortError>;
    /// Deletes an organisation's trigger. Deleting an absent trigger succeeds.
    async fn delete(&self, org: OrgId) -> Result<(), PortError>;
}
