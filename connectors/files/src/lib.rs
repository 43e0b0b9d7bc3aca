//! Loads CSV files and attachments into the native CRM store: backups made by Hozon or Zoho, or exports of any CRM. All
//! data is read and stored before any of it becomes visible, all at once. If anything fails before that, the store
//! stays unchanged.

mod attachments;
mod backup_origin;
pub mod csv_file;
mod dialect;
mod error;
mod header;
pub mod inputs;
mod inventory;
mod layout;
mod load;
mod marks;
pub mod module_plan;
mod notes;
mod own;
mod own_manifest;
pub mod own_set;
mod record_ids;
mod step;
pub mod text;
pub mod zip_directory;
mod zip_entry;
mod zip_names;
pub mod zip_place;
mod zoho;
mod zoho_notes;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::Ports;
use tokio_util::sync::CancellationToken;

pub use backup_origin::BackupOrigin;
pub use csv_file::{CsvFile, CsvSource};
pub use dialect::parse_separator;
pub use error::{ImportError, ManifestDifference, RowFault, listed_by};
pub use hozon_shared::archive::csv_rows::CsvFault;
pub use marks::CategoryMark;
pub use module_plan::{ModulePlan, PlannedFile};
pub use notes::{Note, SkipReason, Skipped};
pub use own_set::SetFault;
pub use step::ImportProgress;
pub use text::Encoding;
pub use zip_directory::ZipFault;
pub use zip_names::NameEncoding;
pub use zoho_notes::{KeptBecause, ZohoNote};

use dialect::CsvPreferences;
use inputs::{ImportInput, ZipReading};
use own::OwnReading;

/// What to load, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Folders, zips and CSV files.
    pub from: Vec<PathBuf>,
    /// Encoding of CSV files of other origin without a byte order mark.
    pub encoding: Encoding,
    /// Encodings of single files, by file name or path in the input.
    pub encodings: Vec<(String, Encoding)>,
    /// Cell separator; detected if `None`.
    pub separator: Option<u8>,
    /// Encoding of zip entry names that are not UTF-8; detected if `None`.
    pub zip_names: Option<NameEncoding>,
    /// Time zone of times in zips without one.
    pub time_zone: Tz,
    /// Whether ragged rows and incomplete headers are repaired. Each change is reported.
    pub lenient: bool,
    /// Whether unrecognised files are skipped. Each is reported.
    pub skip_unknown: bool,
    /// Whether files of Hozon backups may have been edited.
    pub edited: bool,
    /// Modules and fields that backups leave out.
    pub marks: Vec<CategoryMark>,
    /// Stops the import when cancelled, with [`ImportError::Stopped`]. An import that is already being published
    /// completes instead.
    pub stop: CancellationToken,
}

/// Result of an import.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The new modules.
    pub modules: Vec<Module>,
    pub notes: Vec<Note>,
}

/// A planned import. Nothing is written yet.
pub struct ImportPlan {
    modules: Vec<ModulePlan>,
    notes: Vec<Note>,
    stop: CancellationToken,
    origin: Option<BackupOrigin>,
}

/// Reads all input without writing anything. Rejects unknown files, incomplete sets, and modules above the limits.
pub async fn plan(options: &ImportOptions, now: DateTime<Utc>) -> Result<ImportPlan, ImportError> {
    tokio::select! {
        biased;
        () = options.stop.cancelled() => Err(ImportError::Stopped),
        planned = look_at(options, now) => planned,
    }
}

async fn look_at(options: &ImportOptions, now: DateTime<Utc>) -> Result<ImportPlan, ImportError> {
    let zips = ZipReading { names: options.zip_names, zone: options.time_zone };
    let mut inventory = inventory::take(&options.from, zips).await?;
    own::settle(&mut inventory)?;
    let origin = own::origin(&inventory);
    let preferences = CsvPreferences {
        encoding: options.encoding,
        encodings: options.encodings.clone(),
        separator: options.separator,
        lenient: options.lenient,
    };
    refuse_unknown(options, &inventory.skipped)?;
    let reading = OwnReading { edited: options.edited, preferences: &preferences };
    let mut modules = layout::plan(&mut inventory, reading, (options.time_zone, now)).await?;
    refuse_unknown(options, &inventory.skipped)?;
    if modules.is_empty() {
        return Err(ImportError::Empty);
    }
    marks::apply(&options.marks, &mut modules)?;
    let mut notes = inventory.notes;
    notes.extend(inventory.skipped.into_iter().map(Note::Skipped));
    Ok(ImportPlan { modules, notes, stop: options.stop.clone(), origin })
}

/// What zips contain that lie elsewhere than on disk.
pub struct FilePlan {
    pub modules: Vec<ModulePlan>,
    pub notes: Vec<Note>,
}

/// Plans the modules of the zips of one backup of Zoho or of Hozon; `None` if they are of neither. `now` stands for unknown times of files.
pub async fn plan_zips(zips: Vec<ImportInput>, zone: Tz, now: DateTime<Utc>) -> Result<Option<FilePlan>, ImportError> {
    let mut inventory = inventory::take_opened(zips).await?;
    if inventory.own.is_empty() && inventory.zoho.is_empty() {
        return Ok(None);
    }
    own::settle(&mut inventory)?;
    let preferences = CsvPreferences::default();
    let reading = OwnReading { edited: false, preferences: &preferences };
    let modules = layout::plan(&mut inventory, reading, (zone, now)).await?;
    let mut notes = inventory.notes;
    notes.extend(inventory.skipped.into_iter().map(Note::Skipped));
    Ok(Some(FilePlan { modules, notes }))
}

fn refuse_unknown(options: &ImportOptions, skipped: &[Skipped]) -> Result<(), ImportError> {
    if options.skip_unknown || skipped.is_empty() { Ok(()) } else { Err(ImportError::Unknown(skipped.to_vec())) }
}

/// Imports everything into an organisation. Modules that are not in the input stay unchanged.
pub async fn import(
    ports: &Ports,
    org: OrgId,
    options: &ImportOptions,
    tell: &mut dyn FnMut(ImportProgress<'_>),
) -> Result<Imported, ImportError> {
    plan(options, ports.clock.now()).await?.load(ports, org, tell).await
}

impl ImportPlan {
    /// What the backup says of itself; `None` if the files are no backup of Hozon.
    pub fn origin(&self) -> Option<&BackupOrigin> {
        self.origin.as_ref()
    }

    /// Returns the planned modules and the notes, for a reader that stores nothing.
    pub fn into_parts(self) -> (Vec<ModulePlan>, Vec<Note>) {
        (self.modules, self.notes)
    }

    /// Writes the planned modules, and makes all of them current at once. After an error, nothing is visible.
    pub async fn load(
        self,
        ports: &Ports,
        org: OrgId,
        tell: &mut dyn FnMut(ImportProgress<'_>),
    ) -> Result<Imported, ImportError> {
        let mut notes = self.notes;
        let modules = load::load_all(ports, org, self.modules, &mut notes, tell, &self.stop).await?;
        Ok(Imported { modules, notes })
    }
}
