//! The source of a backup.

use serde::{Deserialize, Serialize};

/// A description of the source for the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Kind of source, for example `native`.
    pub kind: String,
    /// One sentence that says which state of the CRM a backup shows.
    pub consistency: String,
}

impl SourceInfo {
    /// Describes a source that changed while it was read.
    pub fn read_over_time(kind: &str) -> Self {
        let consistency = "Each record as it was at some time between the two that the manifest names, with every change until the \
                           second of them.";
        Self { kind: kind.to_owned(), consistency: consistency.to_owned() }
    }

    /// Describes the native store, which a platform writes.
    pub fn native() -> Self {
        Self { kind: "native".to_owned(), consistency: "Each module as it was when the backup was planned.".to_owned() }
    }
}
