//! Failures of writers.

use crate::ports::PortError;

/// Error returned when a row or file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The number of cells differs from the number of fields.
    #[error("a row has {found} cells, but the module has {expected} fields")]
    Cells {
        /// Number of fields of the module.
        expected: usize,
        /// Number of cells of the row.
        found: usize,
    },
    #[error(transparent)]
    Store(#[from] PortError),
    #[error("rows or a file could not be compressed")]
    Compression(#[source] std::io::Error),
    /// A concurrent write was cancelled or panicked.
    #[error("a write was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    /// Writing had ended already.
    #[error("a write has stopped")]
    Stopped,
    /// The fields of a stored version are others, its rows are not identified, or backups leave it out.
    #[error("the stored version of the module cannot be amended")]
    NotAmendable,
    #[error("the index cannot be encoded")]
    Index(#[source] serde_json::Error),
}
