//! Makes blocks of rows. As long as rows are those of a block of the version before, they are only compared with it, and the block is
//! taken over. Where a row differs, the rows in front of it are compressed first, so that blocks become what they would have become
//! without the version before.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::blocks::BlockEncoder;
use super::compared_block::{ComparedBlock, TakenError};
use super::error::WriteError;
use super::input::ModuleHead;
use super::known_blocks::KnownBlocks;
use super::written_ids::WrittenIds;
use crate::archive::csv::{CsvOptions, CsvWriter, kept_columns, kinds_of};
use crate::domain::rows::Cell;
use crate::domain::snapshot::Block;

/// A block that has ended.
pub(super) struct EndedBlock {
    pub block: Block,
    /// What is to be stored; `None` if it is stored already.
    pub body: Option<Bytes>,
    /// Whether what is stored under its name is damaged.
    pub is_damaged: bool,
    /// As [`super::blocks::EncodedBlock`] has it.
    pub with_header: Option<String>,
}

/// Makes blocks of the rows of a module, one after the other, on a thread that may wait.
pub(super) struct RowBlocks {
    encoder: BlockEncoder,
    known: KnownBlocks,
    runtime: Handle,
    /// Writes rows that are compared.
    csv: CsvWriter,
    columns: Vec<usize>,
    ids: Option<WrittenIds>,
    /// The block that has all rows since the last block's end.
    compared: Option<ComparedBlock>,
    /// The block behind it.
    ahead: Option<ComparedBlock>,
    /// Position of the block that is expected to begin with the next row.
    expected: Option<usize>,
    /// Position of the block that was compared last.
    last: usize,
    /// Object of a block whose rows were compared and then compressed again.
    given_up: Option<String>,
    /// Digests the header and the first block while that is compared.
    with_header: Option<Sha256>,
}

impl RowBlocks {
    pub fn new(head: &ModuleHead, encoder: BlockEncoder, known: KnownBlocks, runtime: Handle) -> Self {
        Self {
            with_header: encoder.header(),
            encoder,
            known,
            runtime,
            csv: CsvWriter::new(CsvOptions::default(), kinds_of(&head.fields)),
            columns: kept_columns(&head.fields),
            ids: WrittenIds::new(&head.fields, &head.key),
            compared: None,
            ahead: None,
            expected: None,
            last: 0,
            given_up: None,
        }
    }

    /// Appends a row. Returns whether the block ends with it.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<bool, WriteError> {
        let begins = self.compared.is_none() && self.encoder.is_empty() && self.known.is_there();
        if self.compared.is_none() && !begins {
            return self.encoder.row(cells).map_err(WriteError::Compression);
        }
        self.csv.clear();
        self.csv.row(self.columns.iter().map(|column| cells[*column]));
        let is_known = match &mut self.compared {
            Some(compared) => compared.take(self.csv.written()),
            None => self.begin()?,
        };
        if !is_known {
            self.compress_compared()?;
            return self.encoder.row(cells).map_err(WriteError::Compression);
        }
        if let Some(sha) = &mut self.with_header {
            sha.update(self.csv.written());
        }
        Ok(self.ends())
    }

    /// Ends the block; `None` if it has no rows.
    pub fn end(&mut self) -> Result<Option<EndedBlock>, WriteError> {
        if let Some(compared) = &mut self.compared {
            if compared.is_whole() {
                let (block, last) = (compared.block().clone(), compared.number);
                (self.compared, self.last, self.expected) = (None, last, Some(last + 1));
                self.encoder.forget_header();
                let with_header = self.with_header.take().map(|sha| hex::encode(sha.finalize()));
                return Ok(Some(EndedBlock { block, body: None, is_damaged: false, with_header }));
            }
            self.compress_compared()?;
        }
        let Some(encoded) = self.encoder.end().map_err(WriteError::Compression)? else { return Ok(None) };
        self.with_header = None;
        // The same rows under the same name would have been found to be equal.
        let is_damaged = self.given_up.take().is_some_and(|object| object == encoded.block.object);
        let (block, body, with_header) = (encoded.block, Some(encoded.body), encoded.with_header);
        Ok(Some(EndedBlock { block, body, is_damaged, with_header }))
    }

    /// Whether a block ends behind the row that was taken last. Whether the version before's last block does is not known before the
    /// next row.
    fn ends(&mut self) -> bool {
        let Some(compared) = &self.compared else { return false };
        let next = compared.number + 1;
        if self.ahead.is_none() && compared.has_arrived() {
            self.ahead = self.open(next);
        }
        let Some(compared) = &self.compared else { return false };
        compared.is_complete() && !self.known.is_last(compared.number) && self.encoder.may_end_behind(compared.block())
    }

    /// Looks for a block that begins with the written row, and takes that from it.
    fn begin(&mut self) -> Result<bool, WriteError> {
        let loaded = self.runtime.block_on(self.known.load())?;
        let expected = self.expected.take().or(loaded);
        if let Some(mut block) = expected.and_then(|number| self.open(number)) {
            self.last = block.number;
            if block.take(self.csv.written()) {
                self.compared = Some(block);
                return Ok(true);
            }
            self.given_up = Some(block.block().object.clone());
        }
        self.ahead = None;
        let found = self.runtime.block_on(self.known.beginning_with(self.csv.written(), self.last))?;
        let found = found.filter(|number| Some(*number) != expected);
        let Some(mut block) = found.and_then(|number| self.open(number)) else { return Ok(false) };
        let is_next = block.take(self.csv.written());
        (self.last, self.compared) = (block.number, Some(block));
        Ok(is_next)
    }

    /// Begins to read a block, unless that was done ahead.
    fn open(&mut self, number: usize) -> Option<ComparedBlock> {
        if let Some(ahead) = self.ahead.take_if(|ahead| ahead.number == number) {
            return Some(ahead);
        }
        let stores = (self.known.objects.clone(), self.known.org);
        self.known.get(number).map(|block| ComparedBlock::open(&self.runtime, stores, number, block.clone()))
    }

    /// Compresses the rows that were compared, because the next one differs.
    fn compress_compared(&mut self) -> Result<(), WriteError> {
        let (Some(compared), Some(ids)) = (self.compared.take(), &mut self.ids) else { return Ok(()) };
        self.ahead = None;
        self.with_header = None;
        self.given_up = Some(compared.block().object.clone());
        let encoder = &mut self.encoder;
        let written = compared.for_each_taken(|row| encoder.written_row(row, ids.of(row)));
        written.map_err(|error| match error {
            TakenError::Failed(error) => WriteError::Compression(error),
            TakenError::Unreadable(error) => WriteError::Store(error),
        })
    }
}
