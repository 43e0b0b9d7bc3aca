//! Legal holds: the snapshot of a backup stays until the hold is lifted, whatever the retention rule says.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::BackupId;
use super::organisation::Person;

/// A hold on one backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub backup: BackupId,
    pub at: DateTime<Utc>,
    pub by: Person,
}
