//! What the tasks of one backup share.

use hozon_shared::domain::id::{BackupId, OrgId};
use serde::Deserialize;

use crate::ports::ArchivePorts;
use crate::settings::ArchiveSettings;

/// The backup of a task.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct BackupRef {
    pub org: OrgId,
    pub backup: BackupId,
}

/// Context of a task that works on a backup.
pub struct Run<'a> {
    pub ports: &'a ArchivePorts,
    pub settings: &'a ArchiveSettings,
    pub org: OrgId,
    pub backup: BackupId,
}
