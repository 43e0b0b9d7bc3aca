//! Rows on disk, so that they can be ordered and looked up in bounded memory: 32 bytes for each row.

use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::os::unix::fs::FileExt;

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;

use crate::columns::Cells;

/// Where a row is.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// What the row is looked up by: its own id, or its parent's.
    key: u64,
    id: u64,
    at: u64,
    len: usize,
}

/// Rows that are being written.
pub(crate) struct Spill {
    file: BufWriter<File>,
    index: Vec<Entry>,
    at: u64,
}

impl Spill {
    /// Opens a file without a name, which ends with this process.
    pub(crate) fn new() -> Result<Self, SourceError> {
        let file = BufWriter::new(tempfile::tempfile().map_err(no_disk)?);
        Ok(Self { file, index: Vec::new(), at: 0 })
    }

    pub(crate) fn push(&mut self, key: u64, id: u64, cells: &Cells) -> Result<(), SourceError> {
        let bytes = serde_json::to_vec(cells).map_err(Error::other).map_err(no_disk)?;
        self.file.write_all(&bytes).map_err(no_disk)?;
        self.index.push(Entry { key, id, at: self.at, len: bytes.len() });
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Ids of the rows so far, in order.
    pub(crate) fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.index.iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Orders the rows by key and id. A row that was written twice is there once, as it was written last.
    pub(crate) fn finish(self) -> Result<Spilled, SourceError> {
        let file = self.file.into_inner().map_err(|error| no_disk(error.into_error()))?;
        let mut index = self.index;
        index.sort_by_key(|entry| (entry.key, entry.id, std::cmp::Reverse(entry.at)));
        index.dedup_by_key(|entry| (entry.key, entry.id));
        Ok(Spilled { file, index })
    }
}

/// Rows that were written, in order.
pub(crate) struct Spilled {
    file: File,
    index: Vec<Entry>,
}

impl Spilled {
    /// Rows from a position on, each with its id.
    pub(crate) fn rows(&self, from: usize, count: usize) -> Result<Vec<(u64, Cells)>, SourceError> {
        let behind = from.saturating_add(count).min(self.index.len());
        self.index.get(from..behind).unwrap_or_default().iter().map(|entry| Ok((entry.id, self.read(entry)?))).collect()
    }

    /// Position of the first row whose key is greater.
    pub(crate) fn behind(&self, key: u64) -> usize {
        self.index.partition_point(|entry| entry.key <= key)
    }

    /// All rows of a key, in the order of their ids.
    pub(crate) fn of(&self, key: u64) -> Result<Vec<Cells>, SourceError> {
        let first = self.index.partition_point(|entry| entry.key < key);
        self.index[first..self.behind(key)].iter().map(|entry| self.read(entry)).collect()
    }

    fn read(&self, entry: &Entry) -> Result<Cells, SourceError> {
        let mut bytes = vec![0; entry.len];
        self.file.read_exact_at(&mut bytes, entry.at).map_err(no_disk)?;
        serde_json::from_slice(&bytes).map_err(Error::other).map_err(no_disk)
    }
}

/// The disk is full or cannot be used.
fn no_disk(error: Error) -> SourceError {
    SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Cells {
        vec![Some(text.to_owned()), None, Some(String::new())]
    }

    #[test]
    fn rows_come_back_in_the_order_of_their_ids() {
        let mut spill = Spill::new().expect("a file");
        for (id, text) in [(7, "seven"), (3, "three"), (9, "nine"), (3, "three, again")] {
            spill.push(id, id, &cells(text)).expect("written");
        }
        assert_eq!(spill.ids(), [3, 7, 9]);
        let rows = spill.finish().expect("whole");
        assert_eq!(rows.rows(rows.behind(3), 10).expect("rows"), [(7, cells("seven")), (9, cells("nine"))]);
        assert_eq!(rows.of(3).expect("a row"), [cells("three, again")]);
        assert!(rows.of(4).expect("none").is_empty());
    }
}
