//! Executions of the archive state machine.

use async_trait::async_trait;

use super::PortError;

/// Result of a request to start an execution under a given name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOutcome {
    /// An execution with this name and input is running, started by this request or by an earlier one.
    Running,
    /// An execution with this name has ended, or has different input. Nothing was started.
    Taken,
}

/// Starts executions of the archive state machine.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Starts an execution under a name. A name that was used before starts nothing, which is not an error.
    async fn start(&self, name: &str, input: serde_json::Value) -> Result<StartOutcome, PortError>;
}
