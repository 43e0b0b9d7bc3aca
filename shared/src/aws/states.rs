//! The archive state machine in Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::SdkError;

use super::errors::port_error;
use super::lazily::Lazily;
use crate::ports::{PortError, StartOutcome, Workflow};

/// Starts executions of one state machine.
pub struct StepFunctions {
    client: Lazily<Client>,
    state_machine: String,
}

impl StepFunctions {
    pub(super) fn new(client: Lazily<Client>, state_machine: String) -> Self {
        Self { client, state_machine }
    }
}

#[async_trait]
impl Workflow for StepFunctions {
    async fn start(&self, name: &str, input: serde_json::Value) -> Result<StartOutcome, PortError> {
        let request = self.client.start_execution().state_machine_arn(&self.state_machine).name(name);
        match request.input(input.to_string()).send().await {
            // According to the Step Functions API reference, a repeated request with the same input succeeds while the
            // execution runs.
            Err(SdkError::ServiceError(error)) if error.err().is_execution_already_exists() => Ok(StartOutcome::Taken),
            other => other.map(|_| StartOutcome::Running).map_err(port_error("start an execution")),
        }
    }
}
