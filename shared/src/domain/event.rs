//! The event log: the single truth for history (R7) and notifications (R8).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::id::{BackupId, EventId};
use super::organisation::Person;

/// One thing that happened in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; ids order events by time.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it, or for whom it was done.
    pub by: Person,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A backup was asked for and is being made.
    BackupStarted {
        /// The backup.
        backup: BackupId,
    },
    /// A backup's files are ready.
    BackupReady {
        /// The backup.
        backup: BackupId,
        /// Names of its zips.
        files: Vec<String>,
        /// When its links stop working.
        expires: DateTime<Utc>,
    },
    /// A backup could not be made.
    BackupFailed {
        /// The backup.
        backup: BackupId,
        /// Why.
        failure: Failure,
    },
    /// Someone began to download a file.
    DownloadStarted {
        /// The backup.
        backup: BackupId,
        /// Name of the zip.
        file: String,
    },
}

impl What {
    /// Tells whether the administrator concerned is notified of it (R8).
    pub fn notifies(&self) -> bool {
        !matches!(self, Self::DownloadStarted { .. })
    }

    /// The backup that it is about.
    pub fn backup(&self) -> BackupId {
        match self {
            Self::BackupStarted { backup }
            | Self::BackupReady { backup, .. }
            | Self::BackupFailed { backup, .. }
            | Self::DownloadStarted { backup, .. } => *backup,
        }
    }
}
