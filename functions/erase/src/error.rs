//! Errors of a call. The texts name no records.

use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::erasure::{ErasureTransitionError, MAX_RECORDS};
use hozon_shared::ports::{ErrorKind, PortError};

/// Code of an erasure that cannot read what is stored.
const DATA_DAMAGED: &str = "DATA_DAMAGED";
/// Code of an erasure whose search has found too much.
const TOO_MANY_RECORDS: &str = "TOO_MANY_RECORDS";

/// Why a call has failed.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("The state machine called with an input that this function does not take.")]
    UnreadableCall(#[source] serde_json::Error),
    #[error("The search finds more than {MAX_RECORDS} records. Search for more words, or for a single module.")]
    TooManyRecords,
    #[error("The erasure has ended meanwhile.")]
    NotOpen(#[from] ErasureTransitionError),
    #[error("The statement cannot be written.")]
    Statement(#[source] serde_json::Error),
    #[error("A store has failed.")]
    Port(#[from] PortError),
}

impl EraseError {
    /// Returns the name that the state machine's Retry and Catch see.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Port(error) if error.kind == ErrorKind::Corrupt => DATA_DAMAGED,
            // What is not there may have been deleted by a sweep while it was read. The next call sees what is there then.
            Self::Port(_) | Self::NotOpen(_) => "Retryable",
            Self::TooManyRecords => TOO_MANY_RECORDS,
            Self::UnreadableCall(_) | Self::Statement(_) => "Final",
        }
    }
}

/// The failure of an erasure after an error of this name.
pub(crate) fn failure(name: &str) -> Failure {
    let message = match name {
        TOO_MANY_RECORDS => EraseError::TooManyRecords.to_string(),
        DATA_DAMAGED => {
            "A part of what is kept is damaged, so that it is not known what it contains. Verify the backups, or contact \
                         the operator. The erasure can be requested again; what it has erased stays erased."
                .to_owned()
        }
        name => format!(
            "The erasure was stopped ({name}). Request it again; what it has erased stays erased. If it happens again, contact the \
             operator."
        ),
    };
    let code = match name {
        TOO_MANY_RECORDS | DATA_DAMAGED => name,
        _ => "RUN_FAILED",
    };
    Failure::new(code, message)
}
