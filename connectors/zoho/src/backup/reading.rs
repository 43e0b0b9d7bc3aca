//! Rows and files of a module of opened zips.

use std::sync::Arc;

use bytes::BytesMut;
use futures_util::{StreamExt, stream};
use hozon_files::csv_file::CsvFile;
use hozon_files::inputs::{InputFile, Reader};
use hozon_files::module_plan::{ModulePlan, PlannedFile};
use hozon_shared::archive::zoho_layout::ID_PREFIX;
use hozon_shared::domain::rows::{Cell, RowPage};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{FileBytes, ResumePoint, SourceError, SourceFile, SourcePage, SourceRows};
use tokio::io::AsyncReadExt;

use super::found::{of_import, of_io};

/// Text of a page of rows, in bytes.
const PAGE: usize = 256 << 10;
/// Number of bytes of a file that are read at a time.
const CHUNK: u64 = 256 << 10;

/// Reads the rows of a module from a place on.
pub(crate) fn rows_from(plan: Arc<ModulePlan>, from: Option<&ResumePoint>) -> Result<SourceRows, SourceError> {
    let (file, row) = from.map_or(Ok((0, 0)), place)?;
    let rows = Rows { plan, file, row, csv: None };
    Ok(stream::try_unfold(rows, |mut rows| async { Ok(rows.page().await?.map(|page| (page, rows))) }).boxed())
}

fn place(point: &ResumePoint) -> Result<(usize, u64), SourceError> {
    let parsed = point.0.split_once(':').and_then(|(file, row)| Some((file.parse().ok()?, row.parse().ok()?)));
    parsed.ok_or_else(|| SourceErrorKind::StateLost.into())
}

/// Rows of a module that are being read.
struct Rows {
    plan: Arc<ModulePlan>,
    /// Index of the CSV file.
    file: usize,
    /// Number of its rows that were read.
    row: u64,
    csv: Option<CsvFile>,
}

impl Rows {
    async fn page(&mut self) -> Result<Option<SourcePage>, SourceError> {
        let plan = self.plan.clone();
        while let Some(source) = plan.files.get(self.file) {
            let failed = |error| of_import(error, &source.file.name);
            let columns = plan.head.fields.len();
            let mut csv = match self.csv.take() {
                Some(csv) => csv,
                None => {
                    let mut csv = CsvFile::open(source).await.map_err(failed)?;
                    csv.header().await.map_err(failed)?;
                    for _ in 0..self.row {
                        csv.next(columns).await.map_err(failed)?;
                    }
                    csv
                }
            };
            let mut page = RowPage::new(columns);
            while page.size() < PAGE && csv.next(columns).await.map_err(failed)? {
                let cells: Vec<_> = csv.nullable_cells().collect();
                let mut cells: Vec<Cell<'_>> = cells.iter().map(Option::as_deref).collect();
                cells.resize(columns, None);
                page.push(&cells).map_err(|_| SourceErrorKind::Unreadable(plan.head.api_name.clone()))?;
            }
            self.row += page.rows();
            if page.size() < PAGE {
                csv.finish().map_err(failed)?;
                (self.file, self.row) = (self.file + 1, 0);
            } else {
                self.csv = Some(csv);
            }
            if page.rows() > 0 {
                let behind = Some(ResumePoint(format!("{}:{}", self.file, self.row)));
                return Ok(Some(SourcePage { rows: page, behind }));
            }
        }
        Ok(None)
    }
}

/// The files of a module's records.
pub(crate) fn files_of(plan: &ModulePlan) -> Vec<SourceFile> {
    let is_of_zoho = plan.backup.is_none();
    plan.attachments.iter().map(|file| source_file(file, is_of_zoho)).collect()
}

/// Attachments of Zoho never change under their ids; images of records do.
fn source_file(planned: &PlannedFile, is_of_zoho: bool) -> SourceFile {
    let (attachment, file) = (planned.attachment.clone(), planned.file.clone());
    SourceFile {
        is_fixed: is_of_zoho && attachment.id.starts_with(ID_PREFIX),
        id: attachment.id,
        size: Some(file.size),
        is_link: false,
        record_id: attachment.record_id,
        name: attachment.name,
        media_type: Some(attachment.content_type),
        created: attachment.created,
        bytes: Some(bytes_of(file)),
    }
}

fn bytes_of(file: InputFile) -> FileBytes {
    FileBytes::new(move || {
        let chunks = stream::try_unfold((file.clone(), None), |(file, reader): (InputFile, Option<Reader>)| async move {
            let mut reader = match reader {
                Some(reader) => reader,
                None => file.open().await.map_err(|error| of_import(error, &file.name))?,
            };
            let mut chunk = BytesMut::with_capacity(CHUNK.min(file.size + 1) as usize);
            let read = (&mut reader).take(CHUNK).read_buf(&mut chunk).await;
            let read = read.map_err(|error| of_io(error, &file.name))?;
            Ok((read > 0).then(|| (chunk.freeze(), (file, Some(reader)))))
        });
        chunks.boxed()
    })
}
