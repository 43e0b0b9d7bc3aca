//! Zips as files that other CRMs import: one CSV file per module with bare cells, and attachments in folders with an index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, attachment_row};
use hozon_shared::archive::names::PathNamer;
use hozon_shared::domain::crm::Attachment;
use tokio::fs::{File, create_dir_all};
use tokio::io::{AsyncWriteExt, BufWriter};

use super::guide::{ExportedModule, guide};
use crate::import::{CsvFile, ImportPlan, ImportProgress, ModulePlan, PlannedFile};
use crate::language::say;

/// Cells as they are, without a byte order mark: programs that import CSV take both for data.
const BARE: CsvOptions = CsvOptions { bom: false, escape_formulas: false, protect: false };
/// Bytes that are gathered before they are written.
const BUFFER: usize = 256 << 10;
/// Name of the guide.
const GUIDE: &str = "README.md";
const INDEX: &str = "attachments.csv";

/// What to write, and where.
pub struct FileSet<'a> {
    /// A folder that is empty or does not exist.
    pub folder: &'a Path,
    /// API names of the modules; empty for all.
    pub modules: &'a [String],
    /// Most records of a file; `None` for no limit.
    pub rows_per_file: Option<u64>,
}

/// Writes the files. Returns the modules as they are written.
pub async fn write_files(
    planned: ImportPlan,
    set: &FileSet<'_>,
    tell: &mut dyn FnMut(ImportProgress<'_>),
) -> Result<Vec<ExportedModule>> {
    require_empty(set.folder).await?;
    let (plans, _) = planned.into_parts();
    let plans: Vec<ModulePlan> =
        plans.into_iter().filter(|plan| set.modules.is_empty() || set.modules.contains(&plan.head.api_name)).collect();
    let mut namer = PathNamer::new();
    for own in [GUIDE, INDEX] {
        namer.place(&[own]);
    }
    let (mut exported, mut files) = (Vec::new(), SetWriter::begin(set.folder, namer));
    for plan in plans {
        exported.push(files.module(plan, set.rows_per_file, tell).await?);
    }
    files.finish().await?;
    tokio::fs::write(set.folder.join(GUIDE), guide(&exported)).await.with_context(|| format!("write {GUIDE}"))?;
    Ok(exported)
}

async fn require_empty(folder: &Path) -> Result<()> {
    let failed = || format!("use the folder {}", folder.display());
    create_dir_all(folder).await.with_context(failed)?;
    let mut entries = tokio::fs::read_dir(folder).await.with_context(failed)?;
    if entries.next_entry().await.with_context(failed)?.is_some() {
        bail!(say(
            format!("{} is not empty. Choose another folder", folder.display()),
            format!("{} は空ではありません。別のフォルダーを指定してください", folder.display()),
        ));
    }
    Ok(())
}

/// Files that are being written below a folder.
struct SetWriter<'a> {
    folder: &'a Path,
    namer: PathNamer,
    made: HashSet<PathBuf>,
    /// The index of attachments; `None` before the first.
    index: Option<BareCsv>,
}

impl<'a> SetWriter<'a> {
    fn begin(folder: &'a Path, namer: PathNamer) -> Self {
        Self { folder, namer, made: HashSet::new(), index: None }
    }

    async fn module(
        &mut self,
        plan: ModulePlan,
        most: Option<u64>,
        tell: &mut dyn FnMut(ImportProgress<'_>),
    ) -> Result<ExportedModule> {
        let name = plan.head.api_name.clone();
        let (rows, files) = self.rows(&plan, most, tell).await?;
        let attachments = plan.attachments.len() as u64;
        for planned in plan.attachments {
            self.attachment(&name, planned).await?;
        }
        tell(ImportProgress { module: &name, rows, attachments });
        Ok(ExportedModule { head: plan.head, files, rows, attachments })
    }

    /// Writes the CSV files of a module. Returns the number of records, and the names of the files.
    async fn rows(
        &mut self,
        plan: &ModulePlan,
        most: Option<u64>,
        tell: &mut dyn FnMut(ImportProgress<'_>),
    ) -> Result<(u64, Vec<String>)> {
        let (name, header): (&str, Vec<&str>) =
            (&plan.head.api_name, plan.head.fields.iter().map(|field| field.api_name.as_str()).collect());
        let (mut files, mut rows, mut out) = (Vec::new(), 0, None);
        for source in &plan.files {
            let mut csv = CsvFile::open(source).await?;
            csv.header().await?;
            while csv.next(header.len()).await? {
                if most.is_some_and(|most| u64::is_multiple_of(rows, most)) {
                    finish(out.take()).await?;
                }
                let out = match &mut out {
                    Some(out) => out,
                    none => none.insert(self.csv(name, most, &mut files, &header).await?),
                };
                let cells: Vec<_> = csv.nullable_cells().collect();
                // Many readers ignore an empty line.
                let is_only = header.len() == 1;
                out.row(cells.iter().map(|cell| cell.as_deref().or(is_only.then_some("")))).await?;
                rows += 1;
                if u64::is_multiple_of(rows, 10_000) {
                    tell(ImportProgress { module: name, rows, attachments: 0 });
                }
            }
            csv.finish()?;
        }
        if files.is_empty() {
            out = Some(self.csv(name, None, &mut files, &header).await?);
        }
        finish(out).await?;
        Ok((rows, files))
    }

    /// Begins the next CSV file of a module.
    async fn csv(&mut self, module: &str, most: Option<u64>, files: &mut Vec<String>, header: &[&str]) -> Result<BareCsv> {
        let number = files.len() + 1;
        let file = most.map_or_else(|| format!("{module}.csv"), |_| format!("{module}_{number:03}.csv"));
        let path = self.namer.place(&[&file]);
        files.push(path.clone());
        BareCsv::create(&self.folder.join(path), header).await
    }

    async fn attachment(&mut self, module: &str, planned: PlannedFile) -> Result<()> {
        let PlannedFile { attachment, file, sha256 } = planned;
        let path = self.namer.place(&["attachments", module, &attachment.record_id, &attachment.name]);
        let at = self.folder.join(&path);
        let failed = || format!("write {}", at.display());
        if let Some(parent) = at.parent().filter(|parent| !self.made.contains(*parent)) {
            create_dir_all(parent).await.with_context(failed)?;
            self.made.insert(parent.to_owned());
        }
        let mut out = BufWriter::with_capacity(BUFFER, File::create(&at).await.with_context(failed)?);
        let mut body = file.body().await?;
        while let Some(bytes) = body.try_next().await? {
            out.write_all(&bytes).await.with_context(failed)?;
        }
        out.flush().await.with_context(failed)?;
        let attachment = Attachment {
            id: attachment.id,
            record_id: attachment.record_id,
            record_name: attachment.record_name,
            name: attachment.name,
            size: file.size,
            content_type: attachment.content_type,
            created: attachment.created,
        };
        let row = attachment_row(module, &path, &attachment, &sha256.unwrap_or_default());
        let index = match &mut self.index {
            Some(index) => index,
            none => none.insert(BareCsv::create(&self.folder.join(INDEX), &ATTACHMENT_COLUMNS).await?),
        };
        index.row(row.iter().map(|cell| Some(cell.as_str()))).await
    }

    async fn finish(self) -> Result<()> {
        finish(self.index).await
    }
}

async fn finish(out: Option<BareCsv>) -> Result<()> {
    match out {
        Some(out) => out.finish().await,
        None => Ok(()),
    }
}

/// A CSV file with bare cells.
struct BareCsv {
    path: PathBuf,
    file: File,
    csv: CsvWriter,
}

impl BareCsv {
    async fn create(path: &Path, header: &[&str]) -> Result<Self> {
        let file = File::create(path).await.with_context(|| format!("write {}", path.display()))?;
        let mut csv = CsvWriter::new(BARE, Vec::new());
        csv.begin(header);
        Ok(Self { path: path.to_owned(), file, csv })
    }

    async fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a str>>) -> Result<()> {
        self.csv.row(cells);
        if self.csv.written().len() < BUFFER { Ok(()) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<()> {
        let written = self.file.write_all(self.csv.written()).await;
        self.csv.clear();
        written.with_context(|| format!("write {}", self.path.display()))
    }

    async fn finish(mut self) -> Result<()> {
        self.write().await?;
        self.file.flush().await.with_context(|| format!("write {}", self.path.display()))
    }
}
