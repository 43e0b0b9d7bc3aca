//! Steps of an erasure, as the history names them.

use serde::{Deserialize, Serialize};

/// State changes of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureStep {
    Requested,
    /// A person has confirmed the number of records.
    Confirmed,
    /// It waits for the end of a hold or a lock.
    Pending,
    Completed,
    Failed,
    Cancelled,
}

impl ErasureStep {
    /// Name of the event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "erasure_requested",
            Self::Confirmed => "erasure_confirmed",
            Self::Pending => "erasure_pending",
            Self::Completed => "erasure_completed",
            Self::Failed => "erasure_failed",
            Self::Cancelled => "erasure_cancelled",
        }
    }
}
