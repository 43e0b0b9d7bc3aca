//! Triggers as EventBridge Scheduler schedules: one per organisation, in a schedule group of their own.

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::{DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target};
use serde_json::json;

use super::errors::port_error;
use crate::domain::id::OrgId;
use crate::ports::{ErrorKind, PortError, ScheduleTrigger, Triggers};
use crate::settings::TriggerSettings;

/// How long Scheduler retries a failed invocation. The sweep handles later ones.
const RETRY_SECONDS: i32 = 6 * 3600;
const RETRIES: i32 = 20;

/// Creates triggers in EventBridge Scheduler.
pub struct SchedulerTriggers {
    client: Client,
    settings: TriggerSettings,
}

impl SchedulerTriggers {
    pub(super) fn new(client: Client, settings: TriggerSettings) -> Self {
        Self { client, settings }
    }

    fn target(&self, trigger: &ScheduleTrigger) -> Result<Target, PortError> {
        // Scheduler replaces this attribute with the time of the occurrence, which is the same in every delivery.
        let input = json!({ "org": trigger.org, "schedule": trigger.schedule, "at": "<aws.scheduler.scheduled-time>" });
        let retries = RetryPolicy::builder().maximum_event_age_in_seconds(RETRY_SECONDS).maximum_retry_attempts(RETRIES).build();
        let target = Target::builder().arn(&self.settings.function).role_arn(&self.settings.role).input(input.to_string());
        let target = target.dead_letter_config(DeadLetterConfig::builder().arn(&self.settings.dead_letters).build());
        target.retry_policy(retries).build().map_err(not_built)
    }

    fn window(&self) -> Result<FlexibleTimeWindow, PortError> {
        let window = FlexibleTimeWindow::builder();
        let window = match self.settings.window_minutes {
            0 => window.mode(FlexibleTimeWindowMode::Off),
            minutes => window.mode(FlexibleTimeWindowMode::Flexible).maximum_window_in_minutes(minutes),
        };
        window.build().map_err(not_built)
    }

    async fn create(&self, trigger: &ScheduleTrigger) -> Result<(), PortError> {
        let request = self.client.create_schedule().name(name(trigger.org)).group_name(&self.settings.group);
        let request = request.schedule_expression(&trigger.expression).schedule_expression_timezone(trigger.zone.name());
        let request = request.flexible_time_window(self.window()?).target(self.target(trigger)?);
        request.send().await.map(drop).map_err(port_error("create a trigger"))
    }

    async fn update(&self, trigger: &ScheduleTrigger) -> Result<(), PortError> {
        let request = self.client.update_schedule().name(name(trigger.org)).group_name(&self.settings.group);
        let request = request.schedule_expression(&trigger.expression).schedule_expression_timezone(trigger.zone.name());
        let request = request.flexible_time_window(self.window()?).target(self.target(trigger)?);
        request.send().await.map(drop).map_err(port_error("update a trigger"))
    }
}

#[async_trait]
impl Triggers for SchedulerTriggers {
    async fn put(&self, trigger: &ScheduleTrigger) -> Result<(), PortError> {
        match self.update(trigger).await {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            other => return other,
        }
        match self.create(trigger).await {
            // Another request created the trigger in the meantime.
            Err(error) if error.kind == ErrorKind::Conflict => self.update(trigger).await,
            other => other,
        }
    }

    async fn delete(&self, org: OrgId) -> Result<(), PortError> {
        let request = self.client.delete_schedule().name(name(org)).group_name(&self.settings.group);
        match request.send().await.map_err(port_error("delete a trigger")) {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn name(org: OrgId) -> String {
    format!("org-{org}")
}

fn not_built(error: aws_sdk_scheduler::error::BuildError) -> PortError {
    PortError::with(ErrorKind::Refused, "build a trigger", error)
}
