//! The entries of the zips of a kind, in order. A zip may end between any two of them.

use std::future::ready;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::csv::header_of;
use hozon_shared::archive::names::PathNamer;
use hozon_shared::archive::zip::local_header;
use hozon_shared::archive::zoho_layout::{FilePlace, place_of};
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::snapshot::{Block, FileRun, StoredFile};
use hozon_shared::snapshots::reader::{StoredModule, files, stored_module};

use crate::csv_entry::CsvEntry;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::{CsvContent, CsvFile, PackedCsv, RunPlan};

/// Number of documents that are read ahead.
const READ_AHEAD: usize = 8;

/// An entry of a zip.
pub struct Unit {
    /// The module's API name.
    pub module: String,
    pub content: UnitContent,
}

/// What an entry is made of.
pub enum UnitContent {
    /// Blocks of rows.
    Csv { rows: u64, csv: CsvEntry, blocks: Vec<Block> },
    /// Rows that the task `pack` has written as an item.
    PackedCsv { rows: u64, item: u64, packed: PackedCsv },
    /// An attachment.
    File(Box<FileUnit>),
}

/// An attachment and where it is stored.
pub struct FileUnit {
    /// Name of the object.
    pub object: String,
    /// Whether the object holds the compressed bytes only, without a local header.
    pub is_large: bool,
    /// Path in this backup's zip. It is another than that of the stored entry in Zoho's layout, and if two modules have names
    /// that differ in case only.
    pub path: String,
    pub file: StoredFile,
}

/// Entries in order.
pub type Units<'a> = BoxStream<'a, Result<Unit, TaskErrorKind>>;

/// Returns the entries of the zips of a kind.
pub fn units<'a>(run: &'a Run<'a>, plan: &'a RunPlan, kind: ArchiveKind) -> Units<'a> {
    match (kind, plan.organisation.archive.layout) {
        (ArchiveKind::Data, ArchiveLayout::Hozon) => csv_units(run, plan),
        (ArchiveKind::Data, ArchiveLayout::Zoho) => csv_units(run, plan).chain(zoho_files(run, plan, kind)).boxed(),
        (ArchiveKind::Attachments, ArchiveLayout::Hozon) => file_units(run, plan),
        (ArchiveKind::Attachments, ArchiveLayout::Zoho) => zoho_files(run, plan, kind),
    }
}

fn csv_units<'a>(run: &'a Run<'a>, plan: &'a RunPlan) -> Units<'a> {
    let of_modules = plan.csv_files.chunk_by(|one, next| one.module == next.module);
    let units = stream::iter(of_modules).map(move |files| csv_units_of(run, plan, files));
    units.buffered(READ_AHEAD).map_ok(|units| stream::iter(units).map(Ok)).try_flatten().boxed()
}

/// Returns the CSV files of one module.
async fn csv_units_of(run: &Run<'_>, plan: &RunPlan, files: &[CsvFile]) -> Result<Vec<Unit>, TaskErrorKind> {
    let Some(name) = files.first().map(|file| &file.module) else { return Ok(Vec::new()) };
    let planned = plan.modules.iter().find(|module| module.api_name == *name);
    let module = planned.ok_or_else(|| TaskErrorKind::ModuleUnplanned { module: name.clone() })?;
    let stored = stored_module(&*run.ports.objects, run.org, module).await?;
    let mut units = Vec::new();
    for file in files {
        let content = match &file.content {
            CsvContent::Packed { item } => {
                let packed = run.read_required(&run.packed_note_at(*item)).await?;
                UnitContent::PackedCsv { rows: file.rows, item: *item, packed }
            }
            CsvContent::Blocks(range) => of_blocks(plan, &stored, file, stored.blocks.get(range.clone()).unwrap_or_default())?,
        };
        units.push(Unit { module: name.clone(), content });
    }
    Ok(units)
}

fn of_blocks(plan: &RunPlan, stored: &StoredModule, file: &CsvFile, blocks: &[Block]) -> Result<UnitContent, TaskErrorKind> {
    let options = plan.organisation.archive.csv;
    // The module knows the digest of a file with a byte order mark.
    let sha256 = stored.sha256.as_deref().filter(|_| options.bom);
    let csv = CsvEntry::of(&file.path, &header_of(&stored.module.fields, options), blocks, sha256);
    let csv = csv.map_err(TaskErrorKind::CompressionFailed)?;
    Ok(UnitContent::Csv { rows: file.rows, csv, blocks: blocks.to_vec() })
}

/// Returns all attachments, with their paths in Hozon's layout.
pub fn file_units<'a>(run: &'a Run<'a>, plan: &'a RunPlan) -> Units<'a> {
    let mut paths = PathNamer::of_attachments();
    let with_files = plan.modules.iter().filter(|module| module.contents == DataCategory::Crm && module.attachments > 0);
    let folders: Vec<(&Module, String)> = with_files.map(|module| (module, paths.folder(&module.api_name))).collect();
    let modules = stream::iter(folders).then(move |(module, folder)| async move {
        let stored = stored_module(&*run.ports.objects, run.org, module).await?;
        let runs = stream::iter(stored.files).map(move |file_run| files_of(run, module, file_run, folder.clone()));
        Ok::<_, TaskErrorKind>(runs.buffered(READ_AHEAD).map_ok(|units| stream::iter(units).map(Ok)).try_flatten())
    });
    modules.try_flatten().boxed()
}

async fn files_of(run: &Run<'_>, module: &Module, file_run: FileRun, folder: String) -> Result<Vec<Unit>, TaskErrorKind> {
    let own_folder = PathNamer::of_attachments().folder(&module.api_name);
    let found = files(&*run.ports.objects, run.org, &file_run).await?;
    let (object, is_large) = (file_run.object().to_owned(), matches!(file_run, FileRun::Large(_)));
    let unit = |file: StoredFile| {
        let path = format!("{folder}{}", file.entry.name.strip_prefix(&own_folder).unwrap_or(&file.entry.name));
        let content = UnitContent::File(Box::new(FileUnit { object: object.clone(), is_large, path, file }));
        Unit { module: module.api_name.clone(), content }
    };
    Ok(found.into_iter().map(unit).collect())
}

/// Returns the attachments that lie in the zips of a kind in Zoho's layout.
fn zoho_files<'a>(run: &'a Run<'a>, plan: &'a RunPlan, kind: ArchiveKind) -> Units<'a> {
    let mut paths = PathNamer::new();
    file_units(run, plan).try_filter_map(move |unit| ready(Ok(placed(unit, kind, &mut paths)))).boxed()
}

fn placed(mut unit: Unit, kind: ArchiveKind, paths: &mut PathNamer) -> Option<Unit> {
    let UnitContent::File(file) = &mut unit.content else { return None };
    let (of_kind, path) = match place_of(&unit.module, &file.file.attachment) {
        FilePlace::Indexed { path, .. } | FilePlace::Unlisted { path } => (ArchiveKind::Attachments, path),
        FilePlace::Data { path } if kind == ArchiveKind::Data => (kind, paths.place(&path.split('/').collect::<Vec<_>>())),
        FilePlace::Data { .. } | FilePlace::Nowhere => return None,
    };
    file.path = path;
    (of_kind == kind).then_some(unit)
}

impl FileUnit {
    /// Where the entry's local header, or the body of a large file, begins in the object, and size and checksum of what
    /// is stored.
    pub fn stored(&self) -> (u64, Checksum) {
        let entry = &self.file.entry;
        let header = if self.is_large { 0 } else { local_header(entry).len() as u64 };
        (self.file.offset, Checksum { size: header + entry.compressed, crc32: self.file.stored_crc32 })
    }
}

impl Unit {
    /// Path of the entry.
    pub fn path(&self) -> &str {
        match &self.content {
            UnitContent::Csv { csv, .. } => &csv.entry.name,
            UnitContent::PackedCsv { packed, .. } => &packed.entry.name,
            UnitContent::File(file) => &file.path,
        }
    }

    /// Size of the entry's compressed bytes.
    pub fn compressed(&self) -> u64 {
        match &self.content {
            UnitContent::Csv { csv, .. } => csv.entry.compressed,
            UnitContent::PackedCsv { packed, .. } => packed.entry.compressed,
            UnitContent::File(unit) => unit.file.entry.compressed,
        }
    }
}
