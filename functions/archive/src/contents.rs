//! Collects the contents of a backup for its contents document: modules with rows, files and checksums, and what was
//! left out. The document is written before the zips are published, and outlives them.

use hozon_shared::archive::contents::{BackupContents, ModuleContents, contents_at};
use hozon_shared::archive::manifest::FileRecord;
use hozon_shared::domain::crm::{DataCategory, left_out};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::units::Unit;
use crate::work::RunPlan;

/// Accumulates the contents of the modules while entries are added to zips.
pub struct Tally {
    modules: Vec<ModuleContents>,
}

impl Tally {
    /// Creates an empty tally.
    pub fn new(plan: &RunPlan) -> Self {
        let modules = plan.modules.iter().filter(|module| module.contents == DataCategory::Crm);
        Self { modules: modules.map(ModuleContents::of).collect() }
    }

    /// Adds an entry, with its record in the manifest.
    pub fn add(&mut self, unit: &Unit, record: FileRecord) {
        let Some(module) = self.modules.iter_mut().find(|module| module.api_name == unit.module) else { return };
        if record.rows.is_some() {
            module.files.push(FileRecord { module: None, ..record });
        } else {
            module.attachments += 1;
            module.attachment_bytes += record.bytes;
        }
    }

    /// Writes the contents document.
    pub async fn keep(self, run: &Run<'_>, plan: &RunPlan) -> Result<(), TaskErrorKind> {
        let contents = BackupContents {
            source: plan.source.clone(),
            read_from: plan.read_from,
            csv: plan.organisation.archive.csv,
            modules: self.modules,
            left_out: left_out(&plan.modules),
            gaps: plan.gaps.clone(),
            changes: plan.comparison.clone(),
        };
        run.write(&contents_at(run.org, run.backup), &contents).await
    }
}
