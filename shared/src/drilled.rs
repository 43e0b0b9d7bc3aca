//! What a drill leaves in the store: how far it is, and what it has found, module by module.

use serde::{Deserialize, Serialize};

use crate::domain::backup::Failure;
use crate::domain::drill::{DrillFault, DrillTotals, DrilledModule};
use crate::domain::id::{DrillId, OrgId};
use crate::ports::{ObjectRef, Objects, PortError, find_json, put_json, read_json};
use crate::snapshots::document::SnapshotModule;

const READ: &str = "read a document of a drill";
const ENCODE: &str = "encode a document of a drill";
/// Name of how far a drill is, and of what it has found.
const WORK: &str = "drill.json";

/// What a drill does, in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillPhase {
    /// Everything in the restore target is deleted.
    #[default]
    Clear,
    /// Tables are made.
    Create,
    /// Rows are written, table by table.
    Fill,
    /// Files are written.
    Files,
    /// Foreign keys are added, and sequences set.
    Tie,
    /// The restore target is read.
    Capture,
    /// What was read is compared with the backup, module by module.
    Compare,
    /// All is compared.
    Over,
}

impl DrillPhase {
    /// The phase behind this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Clear => Self::Create,
            Self::Create => Self::Fill,
            Self::Fill => Self::Files,
            Self::Files => Self::Tie,
            Self::Tie => Self::Capture,
            Self::Capture => Self::Compare,
            Self::Compare | Self::Over => Self::Over,
        }
    }
}

/// What became of a module while it was restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredModule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<DrillFault>,
    /// Number of files that the restore target has a place for.
    #[serde(default)]
    pub files_placed: u64,
    /// Number of other files, which were read and compared with their hashes.
    #[serde(default)]
    pub files_read: u64,
    /// Number of those that the store does not give as they were stored.
    #[serde(default)]
    pub files_damaged: u64,
}

/// How far a drill is, and what it has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillWork {
    pub phase: DrillPhase,
    /// Position of the next module in this phase.
    pub module: usize,
    /// Number of lists of files of that module that are written.
    pub lists: usize,
    /// Whether tables are made for modules that are none, with a document for each record.
    #[serde(default)]
    pub has_record_tables: bool,
    /// What was made of such tables once they were read again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rebuilt: Vec<SnapshotModule>,
    /// By the positions of the modules that are restored.
    pub restored: Vec<RestoredModule>,
    /// API names of modules that are no tables.
    pub left_out: Vec<String>,
    /// Names of foreign keys that the restore target did not take.
    pub foreign_keys_refused: Vec<String>,
    /// By the positions of the modules, those that are compared.
    pub compared: Vec<DrilledModule>,
}

impl DrillWork {
    /// Goes to the beginning of the next phase.
    pub fn go_on(&mut self) {
        (self.phase, self.module, self.lists) = (self.phase.next(), 0, 0);
    }

    /// What became of a module, which is added if need be.
    pub fn restored_at(&mut self, at: usize) -> &mut RestoredModule {
        if self.restored.len() <= at {
            self.restored.resize(at + 1, RestoredModule::default());
        }
        &mut self.restored[at]
    }

    /// Sums up what was found.
    pub fn totals(&self) -> DrillTotals {
        let count = |names: &[String]| names.len() as u64;
        DrillTotals::of(&self.compared, count(&self.left_out), count(&self.foreign_keys_refused))
    }
}

/// Documents of a drill. They lie beside those of restores.
pub struct DrillFiles<'a> {
    pub objects: &'a dyn Objects,
    pub org: OrgId,
    pub id: DrillId,
}

impl DrillFiles<'_> {
    fn at(&self, name: &str) -> ObjectRef {
        ObjectRef::crm(format!("restores/{}/{}/{name}", self.org, self.id))
    }

    /// How far the drill is; `None` before its first step.
    pub async fn work(&self) -> Result<Option<DrillWork>, PortError> {
        find_json(self.objects, &self.at(WORK), READ).await
    }

    /// Stores how far the drill is.
    pub async fn set_work(&self, work: &DrillWork) -> Result<(), PortError> {
        put_json(self.objects, &self.at(WORK), work, ENCODE).await
    }

    /// Why the last call has failed; `None` if none has.
    pub async fn failure(&self) -> Result<Option<Failure>, PortError> {
        find_json(self.objects, &self.at("failure.json"), READ).await
    }

    /// Stores why a call has failed, in case that no further one succeeds.
    pub async fn set_failure(&self, failure: &Failure) -> Result<(), PortError> {
        put_json(self.objects, &self.at("failure.json"), failure, ENCODE).await
    }
}

/// Leaves the ids of records out of the result of a drill, if the object is one.
pub async fn leave_out_of_drill(
    objects: &dyn Objects,
    at: &ObjectRef,
    is_unwanted: &impl Fn(&str, &str) -> bool,
) -> Result<(), PortError> {
    if !at.key.ends_with(WORK) {
        return Ok(());
    }
    let before: DrillWork = read_json(objects, at, READ).await?;
    let mut work = before.clone();
    for module in &mut work.compared {
        let name = module.differences.api_name.clone();
        let examples = &mut module.differences.examples;
        for ids in [&mut examples.added, &mut examples.changed, &mut examples.deleted] {
            ids.retain(|id| !is_unwanted(&name, id));
        }
    }
    if work != before {
        put_json(objects, at, &work, ENCODE).await?;
    }
    Ok(())
}
