//! What the task `capture` of a run leaves for the tasks behind it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Until when changes are contained, if the state is one of a source that changed while it was read.
    #[serde(default)]
    pub read_until: Option<DateTime<Utc>>,
    pub gaps: Vec<Gap>,
    /// Sequences that belong to no table.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// Descriptions of the source beyond its modules, each with its name.
    #[serde(default)]
    pub metadata: Vec<(String, Value)>,
    pub modules: Vec<Module>,
}

impl Captured {
    /// Describes the native store, whose modules a platform has written.
    pub fn native(modules: Vec<Module>, now: DateTime<Utc>) -> Self {
        let (gaps, sequences, metadata) = (Vec::new(), Vec::new(), Vec::new());
        Self { source: SourceInfo::native(), read_from: now, read_until: None, gaps, sequences, metadata, modules }
    }
}

/// Where a run keeps it. It is deleted with the other work objects of the run.
pub fn captured_at(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::archives(format!("work/{org}/{backup}/captured.json"))
}
