//! Runs of the state machine.

use async_trait::async_trait;

use super::PortError;

/// What the name of an execution stands for after a request to start it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// An execution with that input that runs, begun by this request or by an earlier one.
    Running,
    /// An execution that has ended, or one with another input. Nothing was started.
    Taken,
}

/// Starts runs of the archive state machine.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Starts an execution with that name. A name that was used before starts nothing and is no error.
    async fn start(&self, name: &str, input: serde_json::Value) -> Result<Execution, PortError>;
}
