//! State changes of restores, as events name them.

use serde::{Deserialize, Serialize};

/// State changes of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreStep {
    Planned,
    Confirmed,
    Completed,
    Failed,
    Cancelled,
}

impl RestoreStep {
    /// Name of the event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "restore_planned",
            Self::Confirmed => "restore_confirmed",
            Self::Completed => "restore_completed",
            Self::Failed => "restore_failed",
            Self::Cancelled => "restore_cancelled",
        }
    }
}
