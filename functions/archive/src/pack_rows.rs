//! Packs the rows of a module as a CSV entry.

use std::io;
use std::ops::Range;

use hozon_shared::archive::cells::CellKind;
use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::rows::RowPiece;

use crate::encoder::EntryEncoder;
use crate::packed::Packed;
use crate::pipeline::{Encode, stream_entry};
use crate::progress::Tracker;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{SegmentEntry, WorkItem};

/// CSV is compressed in pieces of about this size, so that both steps stay within the processor's cache.
const CSV_CHUNK: usize = 64 << 10;

pub async fn pack(
    run: &Run<'_>,
    progress: (&WorkItem, &Tracker<'_>),
    (module, csv): (&Module, CsvOptions),
    path: &str,
    rows: Range<u64>,
    upload: &mut ObjectUpload<'_>,
) -> Result<Packed, TaskErrorKind> {
    let expected = rows.end - rows.start;
    let pages = run.ports.snapshots.rows(run.org, module, rows).await?;
    let encoder = (Rows::new(module, csv), EntryEncoder::deflated(run.settings.level));
    let (sum, encoded, read) = stream_entry(progress, path.to_owned(), encoder, pages, upload).await?;
    if read.rows != expected {
        return Err(TaskErrorKind::RowsChanged { module: module.api_name.clone() });
    }
    let entry = SegmentEntry {
        entry: encoded.entry,
        offset: 0,
        sha256: encoded.sha256,
        module: module.api_name.clone(),
        rows: Some(expected),
        attachment: None,
    };
    Ok((sum, None, vec![entry]))
}

struct Rows {
    /// Indexes of the columns that are backed up.
    columns: Vec<usize>,
    csv: CsvWriter,
}

impl Rows {
    fn new(module: &Module, options: CsvOptions) -> Self {
        let kept = module.fields.iter().enumerate().filter(|(_, field)| field.contents == DataCategory::Crm);
        let (columns, header): (Vec<usize>, Vec<&str>) = kept.map(|(at, field)| (at, field.api_name.as_str())).unzip();
        let kinds = columns.iter().map(|column| CellKind::of(&module.fields[*column].data_type)).collect();
        let mut csv = CsvWriter::new(options, kinds);
        csv.begin(&header);
        Self { columns, csv }
    }
}

impl Encode for Rows {
    type Piece = RowPiece;

    fn piece(&mut self, piece: RowPiece, to: &mut EntryEncoder) -> io::Result<()> {
        let Self { columns, csv } = self;
        match piece {
            RowPiece::Rows(page) => page.for_each(|cells| {
                csv.row(columns.iter().map(|column| cells[*column]));
                if csv.written().len() < CSV_CHUNK { Ok(()) } else { pass_on(csv, to) }
            }),
            RowPiece::Cell(part) => {
                if let Ok(at) = columns.binary_search(&part.column) {
                    csv.part(&part, at);
                }
                if part.ends_row {
                    csv.end_row();
                }
                pass_on(csv, to)
            }
        }
    }

    fn end(&mut self, to: &mut EntryEncoder) -> io::Result<()> {
        pass_on(&mut self.csv, to)
    }

    fn amount(piece: &RowPiece) -> Amount {
        Amount { items: 0, rows: piece.rows(), bytes: piece.size() }
    }
}

fn pass_on(csv: &mut CsvWriter, to: &mut EntryEncoder) -> io::Result<()> {
    to.write(csv.written())?;
    csv.clear();
    Ok(())
}
