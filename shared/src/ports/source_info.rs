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
    /// Describes the native store, which a platform writes.
    pub fn native() -> Self {
        Self { kind: "native".to_owned(), consistency: "Each module as it was when the backup was planned.".to_owned() }
    }
}
