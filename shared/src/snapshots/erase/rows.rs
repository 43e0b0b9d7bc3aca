//! Writes a block anew without some of its rows. The other rows keep their text, byte by byte, and their order.

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::ControlFlow;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::archive::csv::{CsvOptions, header_of};
use crate::domain::crm::Module;
use crate::domain::cutting::Cutting;
use crate::domain::snapshot::Block;
use crate::ports::{ErrorKind, PortError};
use crate::snapshots::block_text::for_each_piece;
use crate::snapshots::blocks::{BlockEncoder, EncodedBlock};
use crate::snapshots::row_index::{RowHash, for_each_row, hash_of};
use crate::snapshots::row_index_reader::damaged;
use crate::snapshots::written_ids::WrittenIds;

const REWRITE: &str = "write a block anew";

/// Number of rows of an index with one of the ids.
pub(super) fn count(index: &[u8], ids: &HashSet<Vec<u8>>) -> Result<u64, PortError> {
    let mut rows = 0;
    for_each_row(index, |id, _| rows += u64::from(ids.contains(id))).ok_or_else(damaged)?;
    Ok(rows)
}

/// Writes a block without the rows of these ids; `None` if none is left. Fails with `Corrupt` unless exactly the rows go that the index names.
pub(super) fn without(
    (text, index): (&Bytes, &[u8]),
    block: &Block,
    module: &Module,
    ids: &HashSet<Vec<u8>>,
) -> Result<Option<EncodedBlock>, PortError> {
    let mut finder = IdFinder::new(module, index)?;
    let mut encoder = BlockEncoder::new(&module.fields, &module.key, Cutting::STORED);
    let (mut erased, mut failed) = (0, None);
    for_each_piece(text, block, |piece| {
        for row in piece.rows() {
            let written = match finder.find(row) {
                None => Err(io::Error::other("the row index lacks a row")),
                Some(id) if ids.contains(id) => {
                    erased += 1;
                    Ok(())
                }
                Some(id) => encoder.written_row(row, id),
            };
            if let Err(error) = written {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    let encoded = match failed {
        None => encoder.end(),
        Some(error) => Err(error),
    };
    let encoded = encoded.map_err(|error| PortError::with(ErrorKind::Corrupt, REWRITE, error))?;
    let left = encoded.as_ref().map_or(0, |encoded| encoded.block.rows);
    let is_exact = erased == count(index, ids)? && left + erased == block.rows;
    if is_exact { Ok(encoded) } else { Err(PortError::new(ErrorKind::Corrupt, REWRITE)) }
}

/// Finds the id of a written row as the row index has it.
enum IdFinder {
    /// The columns of the key are stored, or rows are identified by their hashes.
    Cells(WrittenIds),
    /// The text of a row lacks a part of its key. Rows with the same text have their ids in the order of the index.
    Index { ids: HashMap<RowHash, Vec<Vec<u8>>>, id: Vec<u8> },
}

impl IdFinder {
    fn new(module: &Module, index: &[u8]) -> Result<Self, PortError> {
        if let Some(ids) = WrittenIds::new(&module.fields, &module.key) {
            return Ok(Self::Cells(ids));
        }
        let mut ids: HashMap<RowHash, Vec<Vec<u8>>> = HashMap::new();
        for_each_row(index, |id, hash| ids.entry(hash).or_default().push(id.to_vec())).ok_or_else(damaged)?;
        Ok(Self::Index { ids, id: Vec::new() })
    }

    fn find(&mut self, row: &str) -> Option<&[u8]> {
        match self {
            Self::Cells(ids) => Some(ids.of(row)),
            Self::Index { ids, id } => {
                *id = ids.get_mut(&hash_of(row.as_bytes()))?.pop()?;
                Some(id)
            }
        }
    }
}

/// SHA-256 of the CSV file of a module with a single block.
pub(super) fn file_sha256(text: &Bytes, block: &Block, module: &Module) -> Result<String, PortError> {
    let mut sha = Sha256::new_with_prefix(header_of(&module.fields, CsvOptions::default()));
    for_each_piece(text, block, |piece| {
        sha.update(piece.text);
        ControlFlow::Continue(())
    })?;
    Ok(hex::encode(sha.finalize()))
}
