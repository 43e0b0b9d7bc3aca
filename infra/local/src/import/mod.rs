//! Loads CSV files and attachments into the native CRM store: our own backups, Zoho's, or any CRM's exports. Everything is read and stored
//! first; only then does all of it become visible, at once. Whatever goes wrong before leaves the store as it was.

mod attachments;
mod csv_file;
pub(crate) mod csv_rows;
mod dialect;
mod error;
mod header;
pub mod inputs;
mod inventory;
mod layout;
mod load;
mod marks;
mod notes;
mod own;
pub(crate) mod own_set;
mod record_ids;
pub(crate) mod text;
pub(crate) mod zip_directory;
mod zip_entry;
mod zip_names;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::Ports;
use hozon_shared::snapshots::publish::publish;
use tokio_util::sync::CancellationToken;

pub use csv_rows::CsvFault;
pub use dialect::parse_separator;
pub(crate) use error::listed_by;
pub use error::{Change, ImportError, RowFault};
pub use marks::Mark;
pub use notes::{Note, Reason, Skipped};
pub use own_set::SetFault;
pub use text::Encoding;
pub use zip_directory::ZipFault;
pub use zip_names::NameEncoding;

use dialect::Wishes;
use inputs::ZipReading;
use layout::ModulePlan;
use own::OwnReading;

/// What to load, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders, zips and CSV files.
    pub from: Vec<PathBuf>,
    /// Encoding of CSV files that are not our own and have no byte order mark.
    pub encoding: Encoding,
    /// Encodings of single files, by file name or path in its input.
    pub encodings: Vec<(String, Encoding)>,
    /// Separator of cells; found where nobody said it.
    pub separator: Option<u8>,
    /// Encoding of names in zips that are not UTF-8; found where nobody said it.
    pub zip_names: Option<NameEncoding>,
    /// Zone of times in zips that have none.
    pub time_zone: Tz,
    /// Whether ragged rows and incomplete headers are mended. Each change is told.
    pub lenient: bool,
    /// Whether files that an import does not understand are left out. Each is told.
    pub skip_unknown: bool,
    /// Whether files of our own backups may have been edited since.
    pub edited: bool,
    /// What is mail, document or integration data, which backups leave out.
    pub marks: Vec<Mark>,
    /// Ends the import once it is cancelled: with [`ImportError::Stopped`], or well where everything is being made current already.
    pub stop: CancellationToken,
}

/// What is being loaded.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The module.
    pub module: &'a str,
    /// Its rows so far.
    pub rows: u64,
    /// Its attachments so far.
    pub attachments: u64,
}

/// What was loaded.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The new modules.
    pub modules: Vec<Module>,
    /// What a person is told.
    pub notes: Vec<Note>,
}

/// Everything about to be loaded. Nothing has been written.
pub struct Planned {
    modules: Vec<ModulePlan>,
    notes: Vec<Note>,
    stop: CancellationToken,
}

/// Reads what there is, without writing anything: unknown files, incomplete sets and limits are found here.
pub async fn plan(options: &Options, now: DateTime<Utc>) -> Result<Planned, ImportError> {
    tokio::select! {
        biased;
        () = options.stop.cancelled() => Err(ImportError::Stopped),
        planned = look_at(options, now) => planned,
    }
}

async fn look_at(options: &Options, now: DateTime<Utc>) -> Result<Planned, ImportError> {
    let zips = ZipReading { names: options.zip_names, zone: options.time_zone };
    let mut inventory = inventory::take(&options.from, zips).await?;
    own::settle(&mut inventory)?;
    let wishes = Wishes {
        encoding: options.encoding,
        encodings: options.encodings.clone(),
        separator: options.separator,
        lenient: options.lenient,
    };
    refuse_unknown(options, &inventory.skipped)?;
    let reading = OwnReading { edited: options.edited, wishes: &wishes };
    let mut modules = layout::plan(&mut inventory, reading, now).await?;
    refuse_unknown(options, &inventory.skipped)?;
    if modules.is_empty() {
        return Err(ImportError::Empty);
    }
    marks::apply(&options.marks, &mut modules)?;
    let mut notes = inventory.notes;
    notes.extend(inventory.skipped.into_iter().map(Note::Skipped));
    Ok(Planned { modules, notes, stop: options.stop.clone() })
}

fn refuse_unknown(options: &Options, skipped: &[Skipped]) -> Result<(), ImportError> {
    if options.skip_unknown || skipped.is_empty() { Ok(()) } else { Err(ImportError::Unknown(skipped.to_vec())) }
}

/// Loads everything into one organisation. Modules that are not in the input stay as they are.
pub async fn import(
    ports: &Ports,
    org: OrgId,
    options: &Options,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Imported, ImportError> {
    plan(options, ports.clock.now()).await?.load(ports, org, tell).await
}

impl Planned {
    /// Writes what was planned, and makes all of it current at once. After an error nothing of it can be seen.
    pub async fn load(self, ports: &Ports, org: OrgId, tell: &mut dyn FnMut(Step<'_>)) -> Result<Imported, ImportError> {
        let mut notes = self.notes;
        let modules = load::write_all(ports, org, self.modules, &mut notes, tell, &self.stop).await?;
        publish(&*ports.catalogue, &*ports.objects, org, &modules, ports.clock.now()).await?;
        Ok(Imported { modules, notes })
    }
}
