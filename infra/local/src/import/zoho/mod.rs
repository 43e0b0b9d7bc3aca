//! Zoho CRM's own backup zips: `Data/`, `Metadata/` and `RecordImages/` in `Data_NNN.zip`, and attachments in
//! `Attachments_NNN.zip`, which an index ties to records. Whatever belongs to no record is kept in a module of its own, so
//! that nothing of the zips is lost.

mod claim;
mod columns;
mod copies;
mod images;
mod index;
mod index_columns;
mod kept;
mod metadata;
mod modules;
mod notes;
mod owners;
mod parts;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::dialect::CsvPreferences;
use super::error::ImportError;
use super::module_plan::ModulePlan;
use super::notes::Note;

pub use claim::{ZohoFiles, take};
pub use notes::{KeptBecause, ZohoNote};

use kept::Kept;
use modules::ZohoModule;
use notes::ZohoNotes;
use owners::Owners;

/// How Zoho's files are read.
#[derive(Clone, Copy)]
pub struct ZohoReading<'a> {
    /// The user's settings for CSV files.
    pub preferences: &'a CsvPreferences,
    /// Time zone of times, which have none in the files.
    pub zone: Tz,
    /// Time of files without a time.
    pub now: DateTime<Utc>,
}

/// Plans the modules of Zoho's zips with their attachments.
pub async fn plan(files: ZohoFiles, reading: ZohoReading<'_>, notes: &mut Vec<Note>) -> Result<Vec<ModulePlan>, ImportError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    parts::check_complete(&files.zips)?;
    let mut told = ZohoNotes::default();
    let metadata = metadata::read(&files.metadata, reading.preferences, &mut told, notes).await?;
    let mut modules = modules::plan(files.data, &metadata, reading.preferences, notes).await?;
    let indexes = index::open(files.index, reading.preferences, notes).await?;
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
    kept.add_all(files.metadata, indexes, files.others, &mut told);
    let mut plans: Vec<ModulePlan> = modules.into_iter().map(ZohoModule::into_plan).collect();
    plans.extend(kept.into_plan());
    notes.extend(told.into_notes());
    Ok(plans)
}
