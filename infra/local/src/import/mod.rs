//! Loads CSV files and attachments into the native CRM store: our own backups, Zoho's, or any CRM's exports. Everything is read and stored
//! first; only then does all of it become visible. Whatever goes wrong before leaves the store as it was.

mod attachments;
mod csv_file;
pub(crate) mod csv_rows;
mod error;
pub mod inputs;
mod layout;
mod marks;
mod own;
pub(crate) mod text;

use std::path::PathBuf;

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::Ports;
use hozon_shared::sources::native_publish::publish;
use hozon_shared::sources::native_writer::{NativeStores, NativeWriter, WriteError};

pub use error::{ImportError, RowFault};
pub use marks::Mark;
pub use text::Encoding;

use csv_file::CsvFile;
use layout::ModulePlan;

/// What to load, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders, zips and CSV files.
    pub from: Vec<PathBuf>,
    /// Encoding of CSV files that are not our own.
    pub encoding: Encoding,
    /// What is mail, document or integration data (R14).
    pub marks: Vec<Mark>,
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

/// Rows between two steps told.
const STEP_ROWS: u64 = 10_000;

/// Loads everything into one organisation and gives its new modules. Modules that are not in the input stay as they are.
pub async fn import(
    ports: &Ports,
    org: OrgId,
    options: &Options,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Module>, ImportError> {
    let inputs = inputs::open_all(&options.from).await?;
    let mut plans = layout::plan(&inputs, options.encoding, ports.clock.now()).await?;
    marks::apply(&options.marks, &mut plans)?;
    let mut modules = Vec::new();
    let generation = format!("{:020}", ports.ids.next(ports.clock.now()));
    let loaded = load_all(ports, org, plans, &generation, &mut modules, tell).await;
    if let Err(error) = loaded {
        for module in &modules {
            abandon(writer(ports, org, module, &generation)).await;
        }
        return Err(error);
    }
    publish(&*ports.catalogue, &*ports.objects, org, &modules, ports.clock.now()).await?;
    Ok(modules)
}

async fn load_all(
    ports: &Ports,
    org: OrgId,
    plans: Vec<ModulePlan>,
    generation: &str,
    modules: &mut Vec<Module>,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<(), ImportError> {
    for plan in plans {
        let stores = NativeStores { objects: ports.objects.clone(), uploads: ports.uploads.clone() };
        let mut writer = NativeWriter::new(stores, org, plan.head.clone(), generation);
        match load(&mut writer, plan, tell).await {
            Ok(module) => modules.push(module),
            Err(error) => {
                abandon(writer).await;
                return Err(error);
            }
        }
    }
    Ok(())
}

/// A writer over a generation that was written, to delete it.
fn writer(ports: &Ports, org: OrgId, module: &Module, generation: &str) -> NativeWriter {
    let stores = NativeStores { objects: ports.objects.clone(), uploads: ports.uploads.clone() };
    NativeWriter::new(stores, org, layout::head_of(module), generation)
}

/// Deletes what was written; what cannot be deleted is invisible and goes with a later import of the module.
async fn abandon(writer: NativeWriter) {
    if let Err(error) = writer.abandon().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "unfinished data could not be deleted yet");
    }
}

async fn load(writer: &mut NativeWriter, plan: ModulePlan, tell: &mut dyn FnMut(Step<'_>)) -> Result<Module, ImportError> {
    let name = plan.head.api_name.clone();
    let mut rows = 0;
    for (input, form) in &plan.files {
        let mut file = CsvFile::open(input, *form).await?;
        file.header().await?;
        while file.next(plan.head.fields.len()).await? {
            let cells: Vec<_> = file.cells().collect();
            let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
            writer.row(&cells).await.map_err(|source| write_error(&input.name, source))?;
            rows += 1;
            if u64::is_multiple_of(rows, STEP_ROWS) {
                tell(Step { module: &name, rows, attachments: 0 });
            }
        }
    }
    let mut attachments = 0;
    for (attachment, file) in plan.attachments {
        let body = file.body().await?;
        let size = writer.attachment(attachment, body).await.map_err(|source| write_error(&file.name, source))?;
        if size != file.size {
            return Err(file.unreadable(std::io::ErrorKind::UnexpectedEof.into()));
        }
        attachments += 1;
        tell(Step { module: &name, rows, attachments });
    }
    let module = writer.finish().await.map_err(|source| write_error(&name, source))?;
    tell(Step { module: &name, rows, attachments });
    Ok(module)
}

fn write_error(file: &str, source: WriteError) -> ImportError {
    ImportError::Write { file: file.to_owned(), source }
}
