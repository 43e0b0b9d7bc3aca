//! What the clock sets off: deliveries of EventBridge Scheduler, each for one occurrence of a schedule, and the sweep, which starts what
//! nobody else has started. A delivery may come late, early, twice or out of order; schedule and occurrence name the execution, and its
//! first task records the occurrence, so that each has one run.

mod deliver;
mod sweep;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hozon_shared::call::CallError;
use hozon_shared::domain::id::{OrgId, ScheduleId};
use hozon_shared::ports::{Ports, Triggers};
use serde::Deserialize;
use serde_json::{Value, json};

/// What an input is that cannot be read.
const BAD_INPUT: &str = "neither a delivery nor {\"sweep\":{}}";

/// The function and what it uses.
#[derive(Clone)]
pub struct Trigger {
    /// The outside.
    pub ports: Ports,
    /// Triggers, to repair those that do not fit their schedule.
    pub triggers: Arc<dyn Triggers>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Delivery { org: OrgId, schedule: ScheduleId, at: DateTime<Utc> },
    Sweep { sweep: Sweep },
}

/// What a sweep looks for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    /// Whether nothing was delivered for a while, so that no delivery is to be waited for: the local program has just started.
    #[serde(default)]
    after_a_stop: bool,
}

impl Trigger {
    /// Carries out one call. The answer says what came of it, for the log.
    pub async fn handle(&self, input: Value) -> Result<Value, CallError> {
        let call = serde_json::from_value(input).map_err(|error| CallError::BadInput(BAD_INPUT, error))?;
        match call {
            Call::Delivery { org, schedule, at } => {
                let delivered = self.deliver(org, schedule, at).await?;
                Ok(json!({ "delivery": delivered.name() }))
            }
            Call::Sweep { sweep } => {
                let swept = self.sweep(sweep).await?;
                // An alarm counts this line, so that a sweep that fails or never comes is noticed.
                tracing::info!("the sweep has run");
                Ok(json!({ "sweep": swept }))
            }
        }
    }
}

/// Name of the execution of an occurrence.
fn execution_name(schedule: ScheduleId, occurrence: DateTime<Utc>) -> String {
    format!("run-{schedule}-{}", occurrence.format("%Y%m%dT%H%M%SZ"))
}
