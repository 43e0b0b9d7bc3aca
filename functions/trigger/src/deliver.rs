//! Handles one delivery of a schedule's trigger.

use chrono::{DateTime, Utc};
use hozon_shared::domain::id::{OrgId, ScheduleId};
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::{PortError, ScheduleTrigger};
use serde_json::json;

use crate::{Trigger, execution_name};

/// Result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// The occurrence has an execution, started by this delivery or by an earlier one.
    Started,
    /// The rule does not match the time, because the trigger's cron expression is a superset of the rule.
    Gated,
    /// The schedule was stopped or replaced. The trigger was repaired.
    Stale,
}

impl Delivered {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Gated => "gated",
            Self::Stale => "stale",
        }
    }
}

impl Trigger {
    pub(crate) async fn deliver(&self, org: OrgId, id: ScheduleId, at: DateTime<Utc>) -> Result<Delivered, PortError> {
        let schedule = self.ports.schedules.schedule(org, id).await?;
        let Some(schedule) = schedule.filter(Schedule::is_active) else {
            self.repair_trigger(org).await?;
            return Ok(Delivered::Stale);
        };
        let Some(occurrence) = schedule.occurrence_at(at) else { return Ok(Delivered::Gated) };
        self.start(&schedule, occurrence, &execution_name(id, occurrence)).await?;
        Ok(Delivered::Started)
    }

    pub(crate) async fn start(&self, schedule: &Schedule, occurrence: DateTime<Utc>, name: &str) -> Result<(), PortError> {
        let input = json!({ "org": schedule.org, "schedule": schedule.id, "at": occurrence });
        self.ports.workflow.start(name, input).await.map(drop)
    }

    /// Repairs the organisation's trigger: sets that of the active schedule, or deletes it.
    async fn repair_trigger(&self, org: OrgId) -> Result<(), PortError> {
        match self.ports.schedules.newest_schedule(org).await?.filter(Schedule::is_active) {
            Some(schedule) => self.triggers.put(&ScheduleTrigger::of(&schedule)).await,
            None => self.triggers.delete(org).await,
        }
    }
}
