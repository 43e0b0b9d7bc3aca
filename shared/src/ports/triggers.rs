//! Triggers of schedules, outside of the table.

use async_trait::async_trait;
use chrono_tz::Tz;

use super::PortError;
use crate::domain::id::{OrgId, ScheduleId};
use crate::domain::schedule::Schedule;
use crate::domain::trigger::cron;

/// What calls the `trigger` function at a schedule's times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleTrigger {
    /// The organisation; it has one trigger at most.
    pub org: OrgId,
    /// The schedule that it stands for.
    pub schedule: ScheduleId,
    /// A cron expression, as `domain::trigger` makes it.
    pub expression: String,
    /// The zone of that expression.
    pub zone: Tz,
}

impl ScheduleTrigger {
    /// The trigger of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        let recurrence = &schedule.recurrence;
        Self { org: schedule.org, schedule: schedule.id, expression: cron(recurrence), zone: recurrence.zone }
    }
}

/// Sets and removes triggers. Each call may be repeated.
#[async_trait]
pub trait Triggers: Send + Sync {
    /// Sets an organisation's trigger, in place of the one that it had.
    async fn put(&self, trigger: &ScheduleTrigger) -> Result<(), PortError>;
    /// Removes an organisation's trigger; one that is not there is no error.
    async fn delete(&self, org: OrgId) -> Result<(), PortError>;
}
