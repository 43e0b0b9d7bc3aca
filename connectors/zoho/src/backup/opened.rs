//! The zips of a backup, opened: their modules as an import of the same zips plans them.

use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;
use hozon_files::inputs::{ZipReading, open_remote_zip};
use hozon_files::module_plan::ModulePlan;
use hozon_files::{FilePlan, Note, plan_zips};
use hozon_shared::domain::backup_fault::BackupFault;
use hozon_shared::domain::source::SourceModule;
use hozon_shared::ports::SourceError;
use serde::{Deserialize, Serialize};

use super::ask::IntoError;
use super::fetch::size_of;
use super::found::of_import;
use super::staging::Staging;

/// A zip that is staged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StagedName {
    pub name: String,
    pub size: u64,
}

impl StagedName {
    /// Fails unless the zip is whole.
    pub(crate) async fn of(staging: &Staging, name: String) -> Result<Self, SourceError> {
        let size = size_of(staging, &name).await?;
        let size = size.ok_or_else(|| BackupFault::PartMissing(name.clone()).into_error())?;
        Ok(Self { name, size })
    }
}

/// Opened zips.
pub(crate) struct Opened {
    pub modules: Vec<Arc<ModulePlan>>,
    pub notes: Vec<Note>,
}

impl Opened {
    pub(crate) async fn of(staging: &Staging, zips: &[StagedName], zone: Option<Tz>) -> Result<Self, SourceError> {
        let reading = ZipReading { names: None, zone: zone.unwrap_or(Tz::UTC) };
        let mut inputs = Vec::new();
        for zip in zips {
            let opened = open_remote_zip(&zip.name, staging.zip(&zip.name, zip.size), reading).await;
            inputs.push(opened.map_err(|error| of_import(error, &zip.name))?);
        }
        let first = zips.first().map(|zip| zip.name.as_str()).unwrap_or_default();
        // The time stands for that of files whose zip does not say it, and has to be the same in every process.
        let planned = plan_zips(inputs, reading.zone, DateTime::UNIX_EPOCH).await;
        let Some(FilePlan { mut modules, notes }) = planned.map_err(|error| of_import(error, first))? else {
            return Err(BackupFault::Layout.into_error());
        };
        modules.iter_mut().for_each(sort_files);
        Ok(Self { modules: modules.into_iter().map(Arc::new).collect(), notes })
    }
}

/// Every process must find the files in the same order. Those of one record stay adjacent.
fn sort_files(plan: &mut ModulePlan) {
    plan.attachments.sort_by(|one, other| {
        let key = |file: &hozon_files::module_plan::PlannedFile| (file.attachment.record_id.clone(), file.attachment.id.clone());
        key(one).cmp(&key(other))
    });
}

/// Describes a module. Its rows are guessed from the size of its files, so that readers share the modules evenly.
pub(crate) fn module_of(plan: &ModulePlan) -> SourceModule {
    const BYTES_OF_ROW: u64 = 300;
    let head = plan.head.clone();
    let bytes = plan.files.iter().map(|source| source.file.size).sum::<u64>();
    let attached = plan.attachments.iter().map(|file| file.file.size).sum::<u64>();
    SourceModule {
        api_name: head.api_name,
        label: head.label,
        contents: head.contents,
        fields: head.fields,
        key: head.key,
        structure: head.structure,
        estimated_rows: Some((bytes + attached / 4).div_ceil(BYTES_OF_ROW)),
        bytes: Some(bytes),
    }
}
