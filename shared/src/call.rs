//! Functions that are called with an event and tried again when they fail.

use lambda_http::lambda_runtime::Diagnostic;

use crate::ports::PortError;

/// Why a call failed; whoever made it makes it again.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The input is none that the function takes; the text says of which kind it is not.
    #[error("the input is {0}")]
    BadInput(&'static str, #[source] serde_json::Error),
    /// The outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
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
