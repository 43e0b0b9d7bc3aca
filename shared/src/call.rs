//! Errors of functions that are invoked with an event and retried on failure.

use lambda_http::lambda_runtime::Diagnostic;

use crate::ports::PortError;
use crate::telemetry::Causes;

/// Reason why an invocation failed. The invoker retries it.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The event is not of the kind that the function expects.
    #[error("the event is {0}")]
    BadInput(&'static str, #[source] serde_json::Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Fails with the first of these errors. All of them go to the log, because the answer of a call names only one.
pub fn first_of(errors: Vec<PortError>) -> Result<(), PortError> {
    for error in &errors {
        tracing::error!(error = %Causes(error), "a part of the call failed; the others were carried out");
    }
    errors.into_iter().next().map_or(Ok(()), Err)
}

impl From<CallError> for Diagnostic {
    fn from(error: CallError) -> Self {
        let name = match error {
            CallError::BadInput(..) => "BadInput",
            CallError::Port(_) => "Retryable",
        };
        Self { error_type: name.to_owned(), error_message: error.to_string() }
    }
}
