//! What a backup says of itself as a whole.

use chrono::{DateTime, Utc};
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::structure::Sequence;

/// What the manifests of a Hozon backup say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupOrigin {
    pub backup: BackupId,
    /// When reading the data began.
    pub taken: DateTime<Utc>,
    /// Sequences of the source that belong to no table.
    pub sequences: Vec<Sequence>,
}
