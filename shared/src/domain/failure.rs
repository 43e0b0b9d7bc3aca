//! Why a run has failed.

use serde::{Deserialize, Serialize};

/// The reason why a backup failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable error code, for example `ATTACHMENT_MISSING`.
    pub code: String,
    /// What went wrong, and what the user can do.
    pub message: String,
    /// The record or file at fault, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<FailureSubject>,
}

/// The place in the CRM at which a backup failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSubject {
    /// The module's API name.
    pub module: String,
    /// Id of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Failure {
    /// Creates a failure that no single record or file caused.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), subject: None }
    }

    /// Failure of a run that ended, or never started, without recording a reason.
    pub fn silent() -> Self {
        let message = "The run ended without reporting a reason. Back up again; if it happens again, contact the operator.";
        Self::new("RUN_SILENT", message)
    }
}
