//! Entries of a zip that are deflated while they are written: text, and tables.

use hozon_shared::archive::LEVEL;
use hozon_shared::archive::cells::CellKind;
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::compose::Piece;
use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use hozon_shared::archive::encoder::{Encoded, EntryEncoder};
use hozon_shared::archive::zip::local_header;
use hozon_shared::ports::ObjectRef;

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;

/// Encoded bytes are passed on in chunks of about this size.
const CHUNK: usize = 1 << 20;

/// A finished entry, and what is pushed to the composer.
pub type FinishedEntry = (Encoded, (Piece, Checksum));

/// An entry that is deflated while it is written, and sent to the store in chunks if it is large.
pub struct StreamedEntry<'a> {
    encoder: EntryEncoder,
    upload: ObjectUpload<'a>,
}

impl<'a> StreamedEntry<'a> {
    pub fn new(run: &'a Run<'a>, at: ObjectRef) -> Self {
        Self { encoder: EntryEncoder::deflated(LEVEL), upload: ObjectUpload::new(run, at) }
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), TaskErrorKind> {
        self.encoder.write(bytes).map_err(TaskErrorKind::CompressionFailed)?;
        if self.encoder.waiting() < CHUNK {
            return Ok(());
        }
        let chunk = self.encoder.take();
        self.upload.push(&chunk).await
    }

    pub async fn finish(&mut self, name: &str) -> Result<FinishedEntry, TaskErrorKind> {
        let encoder = std::mem::replace(&mut self.encoder, EntryEncoder::stored());
        let (rest, encoded) = encoder.finish(name.to_owned()).map_err(TaskErrorKind::CompressionFailed)?;
        self.upload.push(&rest).await?;
        let piece = self.upload.finish_piece(&local_header(&encoded.entry)).await?;
        Ok((encoded, piece))
    }

    /// Frees the parts that were sent.
    pub async fn abort(&mut self, first: &TaskErrorKind) {
        self.upload.abort(first).await;
    }
}

/// A CSV file that is written row by row.
pub struct StreamedTable<'a> {
    csv: CsvWriter,
    pub rows: u64,
    pub text: StreamedEntry<'a>,
}

impl<'a> StreamedTable<'a> {
    /// Begins a file with its header.
    pub fn new(run: &'a Run<'a>, at: ObjectRef, options: CsvOptions, (columns, kinds): (&[&str], Vec<CellKind>)) -> Self {
        let mut csv = CsvWriter::new(options, kinds);
        csv.begin(columns);
        Self { csv, rows: 0, text: StreamedEntry::new(run, at) }
    }

    pub async fn add(&mut self, row: &[String]) -> Result<(), TaskErrorKind> {
        self.csv.row(row.iter().map(|cell| Some(cell.as_str())));
        self.rows += 1;
        self.text.write(self.csv.written()).await?;
        self.csv.clear();
        Ok(())
    }

    pub async fn finish(&mut self, name: &str) -> Result<FinishedEntry, TaskErrorKind> {
        self.text.write(self.csv.written()).await?;
        self.csv.clear();
        self.text.finish(name).await
    }
}
