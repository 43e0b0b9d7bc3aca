//! The `trigger` function: handles deliveries of EventBridge Scheduler, each for one occurrence of a schedule, and the
//! sweep, which starts what nothing else has started. A delivery may come late, early, twice or out of order. The
//! execution is named after schedule and occurrence, and its first task records the occurrence, so each occurrence has
//! exactly one run.

mod deliver;
mod ports;
mod sweep;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hozon_shared::call::CallError;
use hozon_shared::domain::id::{OrgId, ScheduleId};
use hozon_shared::ports::Triggers;
pub use ports::TriggerPorts;
use serde::Deserialize;
use serde_json::{Value, json};

/// Error text for an event of an unknown kind.
const BAD_INPUT: &str = "neither a delivery nor {\"sweep\":{}}";

/// The `trigger` function with its dependencies.
#[derive(Clone)]
pub struct Trigger {
    pub ports: TriggerPorts,
    /// Used to repair triggers that do not match their schedule.
    pub triggers: Arc<dyn Triggers>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Delivery { org: OrgId, schedule: ScheduleId, at: DateTime<Utc> },
    Sweep { sweep: Sweep },
}

/// Options of a sweep.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    /// Whether the local program has just started. No trigger was delivered in the meantime, so the sweep does not wait
    /// for late ones.
    #[serde(default)]
    after_a_stop: bool,
}

impl Trigger {
    /// Handles one event. The answer describes the result, for the log.
    pub async fn handle(&self, input: Value) -> Result<Value, CallError> {
        let call = serde_json::from_value(input).map_err(|error| CallError::BadInput(BAD_INPUT, error))?;
        match call {
            Call::Delivery { org, schedule, at } => {
                let delivered = self.deliver(org, schedule, at).await?;
                Ok(json!({ "delivery": delivered.name() }))
            }
            Call::Sweep { sweep } => {
                let swept = self.sweep(sweep).await?;
                // An alarm counts this line, so that a failing or missing sweep is noticed.
                tracing::info!("the sweep has run");
                Ok(json!({ "sweep": swept }))
            }
        }
    }
}

/// Returns the name of an occurrence's execution.
fn execution_name(schedule: ScheduleId, occurrence: DateTime<Utc>) -> String {
    format!("run-{schedule}-{}", occurrence.format("%Y%m%dT%H%M%SZ"))
}
