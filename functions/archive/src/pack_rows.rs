//! Packs a range of a module's rows as a CSV entry, in the form that the organisation wants.

use std::io;

use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::archive::LEVEL;
use hozon_shared::archive::csv::{CsvWriter, header_of, kinds_of};
use hozon_shared::archive::encoder::EntryEncoder;
use hozon_shared::domain::archive_options::{ArchiveLayout, ArchiveOptions};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::rows::RowPage;
use hozon_shared::domain::snapshot::Block;
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::reader::{RowStream, rows, stored_module};

use crate::pipeline::{Encode, stream_entry};
use crate::progress::Tracker;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{PackedCsv, WorkItem};
use crate::zoho;

/// CSV is compressed in pieces of about this size, so that both steps stay within the processor's cache.
const CSV_CHUNK: usize = 64 << 10;

pub async fn pack(
    run: &Run<'_>,
    (item, tracker): (&WorkItem, &Tracker<'_>),
    (module, archive): (&Module, ArchiveOptions),
    upload: &mut ObjectUpload<'_>,
) -> Result<PackedCsv, TaskErrorKind> {
    let stored = stored_module(&*run.ports.objects, run.org, module).await?;
    let (blocks, skip) = covering(stored.blocks, item.first, item.rows);
    let pages = taken(rows(run.ports.objects.clone(), run.org, module, blocks), skip, item.rows);
    let encoder = (Rows::new(module, archive), EntryEncoder::deflated(LEVEL));
    let (sum, encoded, read) = stream_entry((item, tracker), item.path.clone(), encoder, pages, upload).await?;
    if read.rows != item.rows {
        return Err(PortError::new(ErrorKind::Corrupt, "read the rows that a module states").into());
    }
    Ok(PackedCsv { sum, entry: encoded.entry, sha256: encoded.sha256 })
}

/// Returns the blocks that contain rows of a range, and the number of rows in them before it.
fn covering(blocks: Vec<Block>, first: u64, rows: u64) -> (Vec<Block>, u64) {
    let (mut covering, mut skip, mut start) = (Vec::new(), 0, 0);
    for block in blocks {
        let end = start + block.rows;
        if end > first && start < first + rows {
            if covering.is_empty() {
                skip = first - start;
            }
            covering.push(block);
        }
        start = end;
    }
    (covering, skip)
}

/// Leaves out the first `skip` rows, and those behind the next `take`.
fn taken(pages: RowStream, mut skip: u64, mut take: u64) -> RowStream {
    let wanted = pages.map_ok(move |page| {
        let kept = page.slice(skip, take);
        skip = skip.saturating_sub(page.rows());
        take -= kept.rows();
        kept
    });
    wanted.boxed()
}

struct Rows(CsvWriter);

impl Rows {
    fn new(module: &Module, archive: ArchiveOptions) -> Self {
        let header = match archive.layout {
            ArchiveLayout::Hozon => header_of(&module.fields, archive.csv),
            ArchiveLayout::Zoho => zoho::header(module),
        };
        Self(CsvWriter::beginning_with(header, archive.csv, kinds_of(&module.fields)))
    }
}

impl Encode for Rows {
    type Piece = RowPage;

    fn piece(&mut self, page: RowPage, to: &mut EntryEncoder) -> io::Result<()> {
        page.for_each(|cells| {
            self.0.row(cells.iter().copied());
            if self.0.written().len() < CSV_CHUNK { Ok(()) } else { pass_on(&mut self.0, to) }
        })
    }

    fn end(&mut self, to: &mut EntryEncoder) -> io::Result<()> {
        pass_on(&mut self.0, to)
    }

    fn amount(page: &RowPage) -> Amount {
        Amount { items: 0, rows: page.rows(), bytes: page.size() as u64 }
    }
}

fn pass_on(csv: &mut CsvWriter, to: &mut EntryEncoder) -> io::Result<()> {
    to.write(csv.written())?;
    csv.clear();
    Ok(())
}
