//! What the task `capture` of a run leaves for the tasks behind it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::crm::Module;
use crate::domain::id::{BackupId, OrgId};
use crate::domain::source::Gap;
use crate::domain::structure::Sequence;
use crate::ports::{ObjectRef, SourceInfo};

/// The captured state of a CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    pub source: SourceInfo,
    /// When the state began.
    pub read_from: DateTime<Utc>,
    pub gaps: Vec<Gap>,
    /// Sequences that belong to no table.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    pub modules: Vec<Module>,
}

/// Where a run keeps it. It is deleted with the other work objects of the run.
pub fn captured_at(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::archives(format!("work/{org}/{backup}/captured.json"))
}
