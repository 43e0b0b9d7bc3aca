//! Zoho CRM's own backup zips: `Data/`, `Metadata/` and `RecordImages/` in `Data_NNN.zip`, and attachments in
//! `Attachments_NNN.zip`, which an index ties to records. Whatever belongs to no record is kept in a module of its own, so
//! that nothing of the zips is lost.

mod claim;
mod columns;
mod copies;
mod images;
mod index;
mod index_columns;
mod index_file;
mod kept;
mod labels;
mod metadata;
mod modules;
mod owners;
mod parts;
mod reading;
mod told;

use super::error::ImportError;
use super::module_plan::ModulePlan;
use super::notes::Note;

pub use claim::{ZohoFiles, take};
pub use reading::ZohoReading;

use kept::Kept;
use modules::ZohoModule;
use owners::Owners;
use told::ZohoNotes;

/// Plans the modules of Zoho's zips with their attachments.
pub async fn plan(files: ZohoFiles, reading: ZohoReading<'_>, notes: &mut Vec<Note>) -> Result<Vec<ModulePlan>, ImportError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    parts::check_complete(&files.zips)?;
    let mut told = ZohoNotes::default();
    let metadata = metadata::read(&files.metadata, reading.preferences, &mut told, notes).await?;
    let mut modules = modules::plan(files.data, &metadata, reading.preferences, notes).await?;
    let indexes = index_file::open(files.index, reading.preferences, notes).await?;
    let mut owners = Owners::default();
    for index in &indexes {
        owners.want_parents(index).await?;
    }
    for image in &files.images {
        owners.want_image(&image.path);
    }
    owners.look_for(&modules).await?;
    let mut kept = Kept::new(reading.now);
    index::tie(&indexes, files.attachments, (&owners, &mut modules), (&mut kept, &mut told), reading).await?;
    images::tie(files.images, (&owners, &mut modules), (&mut kept, &mut told), reading.now);
    let indexes = indexes.into_iter().map(|index| index.source.file).collect();
    kept.add_all(files.metadata, indexes, files.others, &mut told);
    let mut plans: Vec<ModulePlan> = modules.into_iter().map(ZohoModule::into_plan).collect();
    plans.extend(kept.into_plan());
    notes.extend(told.into_notes());
    Ok(plans)
}
