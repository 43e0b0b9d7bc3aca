//! Encodes rows into blocks.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::row_index::{RowHash, RowIndexBuilder, hash_of};
use super::row_key::RowKey;
use super::stores::object_name;
use crate::archive::LEVEL;
use crate::archive::csv::{CsvOptions, CsvWriter, header_of, kept_columns, kinds_of};
use crate::domain::crm::Field;
use crate::domain::cutting::Cutting;
use crate::domain::digest::Digester;
use crate::domain::rows::Cell;
use crate::domain::snapshot::Block;

/// CSV is compressed in pieces of about this size, so that both steps stay within the processor's cache.
const CSV_CHUNK: usize = 64 << 10;
/// Number of rows from which a block may end although it is small. It bounds the memory for the row index.
const LEAST_ROWS: u64 = 500_000;
/// Number of rows at which a block ends: as many as a CSV file may have that Excel opens.
const MOST_ROWS: u64 = 1_000_000;

/// A finished block.
pub(super) struct EncodedBlock {
    pub block: Block,
    /// The deflated text, and the row index behind it.
    pub body: Bytes,
    /// For the first block: SHA-256 of the header and the block's text, which is that of the CSV file if there is no other
    /// block.
    pub with_header: Option<String>,
}

/// Encodes the rows of a module into blocks, one after the other.
pub(super) struct BlockEncoder {
    /// Indexes of the columns that are backed up.
    columns: Vec<usize>,
    key: RowKey,
    cutting: Cutting,
    csv: CsvWriter,
    deflate: DeflateEncoder<Vec<u8>>,
    digester: Digester,
    /// Digests the header and the first block.
    with_header: Option<Sha256>,
    text_bytes: u64,
    rows: u64,
    index: RowIndexBuilder,
    id: Vec<u8>,
}

impl BlockEncoder {
    /// Creates an encoder of rows with these fields, which are identified by the fields of `key`.
    pub fn new(fields: &[Field], key: &[String], cutting: Cutting) -> Self {
        let options = CsvOptions::default();
        Self {
            columns: kept_columns(fields),
            key: RowKey::new(fields, key),
            cutting,
            csv: CsvWriter::new(options, kinds_of(fields)),
            deflate: DeflateEncoder::new(Vec::new(), Compression::new(LEVEL)),
            digester: Digester::default(),
            with_header: Some(Sha256::new_with_prefix(header_of(fields, options))),
            text_bytes: 0,
            rows: 0,
            index: RowIndexBuilder::default(),
            id: Vec::new(),
        }
    }

    /// What the digest of the first block begins with.
    pub fn header(&self) -> Option<Sha256> {
        self.with_header.clone()
    }

    /// Goes on behind a first block that another one has made.
    pub fn forget_header(&mut self) {
        self.with_header = None;
    }

    /// Whether the block has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether a block may be followed by others.
    pub fn may_end_behind(&self, block: &Block) -> bool {
        block.bytes >= self.cutting.least || block.rows >= LEAST_ROWS
    }

    /// Appends a row. Returns whether the block ends with it.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<bool> {
        let start = self.csv.written().len();
        self.csv.row(self.columns.iter().map(|column| cells[*column]));
        let row = &self.csv.written()[start..];
        let (bytes, hash) = (row.len() as u64, hash_of(row));
        self.identify(cells, &hash);
        self.index.push(&self.id, hash);
        self.rows += 1;
        if self.csv.written().len() >= CSV_CHUNK {
            self.deflate_text()?;
        }
        Ok(self.ends(bytes))
    }

    /// Appends a row of a block as it is written there, with its id in the row index. Where blocks end is up to the caller.
    pub fn written_row(&mut self, row: &str, id: &[u8]) -> io::Result<()> {
        self.csv.written_row(row);
        self.index.push(id, hash_of(row.as_bytes()));
        self.rows += 1;
        if self.csv.written().len() >= CSV_CHUNK { self.deflate_text() } else { Ok(()) }
    }

    /// Makes `id` that of the row: its key, or its hash where it has no key.
    fn identify(&mut self, cells: &[Cell<'_>], hash: &RowHash) {
        self.key.write(cells, &mut self.id);
        if self.key.columns().is_empty() {
            self.id.extend_from_slice(hash);
        }
    }

    fn ends(&self, bytes: u64) -> bool {
        let stored = self.deflate.get_ref().len() as u64;
        let counted = match self.rows {
            MOST_ROWS.. => self.cutting.most,
            LEAST_ROWS.. => self.cutting.least,
            _ => 0,
        };
        self.cutting.ends_behind(stored.max(counted), &self.id, bytes)
    }

    /// Ends the block; `None` if it has no rows.
    pub fn end(&mut self) -> io::Result<Option<EncodedBlock>> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.deflate_text()?;
        self.deflate.flush()?;
        let bytes = self.deflate.get_ref().len();
        let mut body = self.deflate.reset(Vec::new())?;
        // Without the final block, which the reset has written.
        body.truncate(bytes);
        let stored_crc32 = crc32fast::hash(&body);
        let index = self.index.take();
        body.extend_from_slice(&index);
        let digest = std::mem::take(&mut self.digester).finish();
        let block = Block {
            object: object_name(&[digest.sha256.as_bytes(), &index]),
            rows: std::mem::take(&mut self.rows),
            text_bytes: std::mem::take(&mut self.text_bytes),
            bytes: bytes as u64,
            index_bytes: index.len() as u64,
            crc32: digest.crc32,
            stored_crc32,
            sha256: digest.sha256,
        };
        let with_header = self.with_header.take().map(|sha| hex::encode(sha.finalize()));
        Ok(Some(EncodedBlock { block, body: body.into(), with_header }))
    }

    fn deflate_text(&mut self) -> io::Result<()> {
        let text = self.csv.written();
        self.digester.update(text);
        if let Some(sha) = &mut self.with_header {
            sha.update(text);
        }
        self.text_bytes += text.len() as u64;
        self.deflate.write_all(text)?;
        self.csv.clear();
        Ok(())
    }
}
