//! Number of events in the history of an execution, which Step Functions limits.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::retries::StateError;

/// Events after which an execution fails (Step Functions developer guide, "Quotas": state executions). A loop has to go on in
/// another execution before that, such as an item of a distributed map.
const MAX_EVENTS: u32 = 25_000;

/// What the states of one execution share: its name, and its events so far. An item of a distributed map is an execution of its own.
pub struct ExecutionContext {
    /// `$$.Execution.Name`; `None` for an item, whose name nothing reads.
    pub name: Option<Value>,
    events: AtomicU32,
}

impl ExecutionContext {
    pub fn new(name: Option<Value>) -> Self {
        Self { name, events: AtomicU32::new(0) }
    }

    /// Counts events; fails if they are more than an execution may have.
    pub fn count(&self, events: u32) -> Result<(), StateError> {
        if self.events.fetch_add(events, Ordering::Relaxed) + events <= MAX_EVENTS {
            return Ok(());
        }
        Err(StateError::runtime(&anyhow::anyhow!("the execution has more than {MAX_EVENTS} events")))
    }
}
