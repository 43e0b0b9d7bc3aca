//! Reads the rows of a module of one backup in its own task, and hands them on in batches.

use std::borrow::Cow;

use tokio::sync::mpsc::{Receiver, Sender};

use super::row_bytes::{self, RowBytes};
use hozon_files::{CsvFile, CsvSource, ImportError};

/// Size of a batch in bytes.
const BATCH: usize = 512 << 10;
/// Number of batches that wait for the comparison.
pub const WAITING: usize = 4;

/// Consecutive rows.
#[derive(Debug, Default)]
pub struct RowBatch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Columns of a file, as positions in its rows.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub key: Vec<usize>,
    pub cells: Vec<usize>,
    /// Number of columns that the file has.
    pub all: usize,
}

/// Reads all rows. Returns their number. Stops early if nobody wants more.
pub async fn read_rows(sources: Vec<CsvSource>, columns: Columns, sender: Sender<RowBatch>) -> Result<u64, ImportError> {
    let (mut batch, mut rows) = (RowBatch::default(), 0);
    for source in &sources {
        let mut csv = CsvFile::open(source).await?;
        csv.header().await?;
        while csv.next(columns.all).await? {
            let cells: Vec<_> = csv.nullable_cells().collect();
            batch.push(&cells, &columns);
            rows += 1;
            if batch.bytes.len() >= BATCH && sender.send(std::mem::take(&mut batch)).await.is_err() {
                return Ok(rows);
            }
        }
        // What differs from the manifest is an error, unless the user said that it was edited.
        csv.finish()?;
    }
    if !batch.ends.is_empty() && sender.send(batch).await.is_err() {
        tracing::debug!("the last rows are not wanted");
    }
    Ok(rows)
}

impl RowBatch {
    fn push(&mut self, cells: &[Option<Cow<'_, str>>], columns: &Columns) {
        // Short rows of a lenient import are filled up with NULL.
        let cell = |at: &usize| cells.get(*at).and_then(Option::as_deref);
        row_bytes::append(&mut self.bytes, columns.key.iter().map(cell), columns.cells.iter().map(cell));
        self.ends.push(self.bytes.len());
    }
}

/// Walks through the rows that the other task reads.
pub struct RowCursor {
    receiver: Receiver<RowBatch>,
    batch: RowBatch,
    at: usize,
    start: usize,
}

impl RowCursor {
    pub fn new(receiver: Receiver<RowBatch>) -> Self {
        Self { receiver, batch: RowBatch::default(), at: 0, start: 0 }
    }

    /// Whether there is a row; waits for it.
    pub fn has_row(&mut self) -> bool {
        while self.at == self.batch.ends.len() {
            let Some(batch) = self.receiver.blocking_recv() else { return false };
            (self.batch, self.at, self.start) = (batch, 0, 0);
        }
        true
    }

    /// The current row.
    pub fn row(&self) -> RowBytes<'_> {
        RowBytes(&self.batch.bytes[self.start..self.batch.ends[self.at]])
    }

    pub fn advance(&mut self) {
        self.start = self.batch.ends[self.at];
        self.at += 1;
    }
}
