//! Collects the contents of a backup for its contents document: modules with rows, files and checksums, and what was
//! left out. The document is written before the zips are published, and outlives them.

use hozon_shared::archive::contents::{BackupContents, ModuleContents, contents_at};
use hozon_shared::archive::manifest::FileRecord;
use hozon_shared::domain::crm::{DataCategory, left_out};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::{RunPlan, Segment};

/// Accumulates the contents of the modules while segments are added to zips.
pub struct Tally {
    modules: Vec<ModuleContents>,
}

impl Tally {
    /// Creates an empty tally.
    pub fn new(plan: &RunPlan) -> Self {
        let modules = plan.modules.iter().filter(|module| module.contents == DataCategory::Crm);
        Self { modules: modules.map(ModuleContents::of).collect() }
    }

    /// Adds a segment's entries, which all belong to one module.
    pub fn add(&mut self, segment: &Segment) {
        let name = segment.entries.first().map(|entry| entry.module.as_str());
        let Some(module) = self.modules.iter_mut().find(|module| Some(module.api_name.as_str()) == name) else { return };
        for entry in &segment.entries {
            match entry.rows {
                Some(rows) => module.files.push(FileRecord {
                    path: entry.entry.name.clone(),
                    module: None,
                    rows: Some(rows),
                    bytes: entry.entry.uncompressed,
                    sha256: entry.sha256.clone(),
                }),
                None => {
                    module.attachments += 1;
                    module.attachment_bytes += entry.entry.uncompressed;
                }
            }
        }
    }

    /// Writes the contents document.
    pub async fn keep(self, run: &Run<'_>, plan: &RunPlan) -> Result<(), TaskErrorKind> {
        let contents = BackupContents {
            source: run.ports.snapshots.info(),
            read_from: plan.read_from,
            csv: plan.organisation.archive.csv,
            modules: self.modules,
            left_out: left_out(&plan.modules),
            gaps: plan.gaps.clone(),
        };
        run.write(&contents_at(run.org, run.backup), &contents).await
    }
}
