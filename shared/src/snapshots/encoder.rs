//! Encodes rows as [`super::frames`] describes them.

use bytes::Bytes;

use super::frames::{FRAME, HEADER};
use crate::domain::rows::{Cell, LONG_ROW};

/// Encodes rows into a block.
#[derive(Debug, Default)]
pub struct RowEncoder {
    block: Vec<u8>,
    block_rows: u64,
    rows: u32,
    lengths: Vec<u8>,
    text: Vec<u8>,
}

impl RowEncoder {
    /// Appends a row. Every row of a module has the same number of cells, at least one.
    pub fn push(&mut self, cells: &[Cell<'_>]) {
        let size: usize = cells.iter().flatten().map(|cell| cell.len()).sum();
        if size > LONG_ROW {
            self.end_frame();
        }
        for cell in cells {
            push_length(&mut self.lengths, cell.map_or(0, |text| text.len() as u64 + 1));
            self.text.extend_from_slice(cell.unwrap_or_default().as_bytes());
        }
        self.rows += 1;
        if self.text.len().max(self.lengths.len()) >= FRAME {
            self.end_frame();
        }
    }

    /// Returns the size of the block so far in bytes.
    pub fn size(&self) -> usize {
        self.block.len() + HEADER + self.lengths.len() + self.text.len()
    }

    /// Returns the number of rows so far.
    pub fn rows(&self) -> u64 {
        self.block_rows + u64::from(self.rows)
    }

    /// Finishes the block and returns its bytes.
    pub fn take(&mut self) -> Bytes {
        self.end_frame();
        self.block_rows = 0;
        Bytes::from(std::mem::take(&mut self.block))
    }

    fn end_frame(&mut self) {
        if self.rows == 0 {
            return;
        }
        self.block_rows += u64::from(self.rows);
        self.block.extend(std::mem::take(&mut self.rows).to_le_bytes());
        self.block.extend((self.lengths.len() as u32).to_le_bytes());
        self.block.extend((self.text.len() as u64).to_le_bytes());
        self.block.append(&mut self.lengths);
        self.block.append(&mut self.text);
    }
}

fn push_length(lengths: &mut Vec<u8>, mut length: u64) {
    while length >= 0x80 {
        lengths.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    lengths.push(length as u8);
}
