//! Finds records by their ids in the row indexes of blocks.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::amend::index_of;
use super::reader::StoredModule;
use super::row_index::for_each_row;
use super::row_index_reader::damaged;
use super::row_key::{RowKey, compare};
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::ports::{Objects, PortError};

/// Number of indexes that are read at a time.
pub(super) const INDEXES_AT_ONCE: usize = 4;
/// Number of blocks whose ranges of ids are remembered.
const MAX_RANGES: usize = 50_000;

/// A row of a module, as the index of its block describes it. Rows are ordered by id: numbers without leading zeros by their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    pub id: Vec<u8>,
    /// Position of the block in the module.
    pub block: usize,
    /// Hash of the row, as the row index has it.
    pub hash: [u8; 8],
    /// Number of equal rows in front of it in the block.
    pub nth: u32,
}

impl Ord for FoundRow {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = |row: &Self| (row.block, row.hash, row.nth);
        compare(&self.id, &other.id).then_with(|| rest(self).cmp(&rest(other)))
    }
}

impl PartialOrd for FoundRow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a field or several identify the rows of a module. Otherwise their hashes do.
pub fn has_key(module: &Module) -> bool {
    !RowKey::new(&module.fields, &module.key).columns().is_empty()
}

/// Writes the id of a row as text: the cells of the key, or the hash in hexadecimal digits.
pub fn id_text(module: &Module, id: &[u8]) -> String {
    if has_key(module) { String::from_utf8_lossy(id).into_owned() } else { hex::encode(id) }
}

/// Reads the id of a row; `None` if no row can have it.
pub fn id_of_text(module: &Module, text: &str) -> Option<Vec<u8>> {
    if has_key(module) { Some(text.as_bytes().to_vec()) } else { hex::decode(text).ok() }
}

/// First and last id of a block.
pub(super) type IdRange = (Vec<u8>, Vec<u8>);

/// First and last ids of blocks by the names of their objects, as far as their indexes were read. Objects never change.
#[derive(Default)]
pub struct IdRanges(Mutex<HashMap<String, IdRange>>);

impl IdRanges {
    pub(super) fn get(&self, block: &Block) -> Option<IdRange> {
        self.0.lock().ok()?.get(&block.object).cloned()
    }

    fn remember(&self, block: &Block, range: IdRange) {
        let Ok(mut known) = self.0.lock() else { return };
        if known.len() >= MAX_RANGES {
            known.clear();
        }
        known.insert(block.object.clone(), range);
    }
}

/// Reads records of an organisation's snapshots.
#[derive(Clone)]
pub struct RecordReader {
    pub objects: Arc<dyn Objects>,
    pub org: OrgId,
    pub ranges: Arc<IdRanges>,
}

impl RecordReader {
    /// Finds the rows of an id, of which there may be several. Blocks that cannot have it are not read.
    pub async fn find(&self, stored: &StoredModule, id: &[u8]) -> Result<Vec<FoundRow>, PortError> {
        self.find_all(stored, &[id.to_vec()]).await
    }

    /// Finds the rows of several ids, in order.
    pub async fn find_all(&self, stored: &StoredModule, ids: &[Vec<u8>]) -> Result<Vec<FoundRow>, PortError> {
        let may_have = |block: &Block| {
            self.ranges
                .get(block)
                .is_none_or(|(first, last)| ids.iter().any(|id| compare(&first, id).is_le() && compare(id, &last).is_le()))
        };
        let blocks: Vec<(usize, Block)> = stored
            .blocks
            .iter()
            .enumerate()
            .filter(|(_, block)| may_have(block))
            .map(|(at, block)| (at, block.clone()))
            .collect();
        let (mut found, wanted) = (Vec::new(), ids.iter().map(Vec::as_slice).collect::<HashSet<_>>());
        let mut indexes = stream::iter(blocks).map(|block| self.clone().open(block)).buffered(INDEXES_AT_ONCE);
        while let Some((at, index)) = indexes.try_next().await? {
            each_row(at, &index, |row| {
                if wanted.contains(row.id) {
                    found.push(row.to_owned());
                }
            })?;
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Reads the index of a block, and remembers the range of its ids.
    pub(super) async fn open(self, (at, block): (usize, Block)) -> Result<(usize, Bytes), PortError> {
        let index = index_of(&*self.objects, self.org, &block).await?;
        if self.ranges.get(&block).is_none() {
            let mut range: Option<IdRange> = None;
            each_row(at, &index, |row| match &mut range {
                None => range = Some((row.id.to_vec(), row.id.to_vec())),
                Some((first, _)) if compare(row.id, first).is_lt() => row.id.clone_into(first),
                Some((_, last)) if compare(row.id, last).is_gt() => row.id.clone_into(last),
                Some(_) => {}
            })?;
            if let Some(range) = range {
                self.ranges.remember(&block, range);
            }
        }
        Ok((at, index))
    }
}

/// A row of an index while it is read.
#[derive(Clone, Copy)]
pub(super) struct RowEntry<'a> {
    pub id: &'a [u8],
    block: usize,
    hash: [u8; 8],
    nth: u32,
}

impl RowEntry<'_> {
    pub fn to_owned(self) -> FoundRow {
        let Self { id, block, hash, nth } = self;
        FoundRow { id: id.to_vec(), block, hash, nth }
    }
}

/// Calls `each` with every row of an index.
pub(super) fn each_row(block: usize, index: &[u8], mut each: impl FnMut(RowEntry<'_>)) -> Result<(), PortError> {
    let (mut before, mut last_hash, mut nth): (Option<Vec<u8>>, [u8; 8], u32) = (None, [0; 8], 0);
    for_each_row(index, |id, hash| {
        let is_same = before.as_deref() == Some(id);
        nth = if is_same && hash == last_hash { nth + 1 } else { 0 };
        if !is_same {
            let kept = before.get_or_insert_default();
            kept.clear();
            kept.extend_from_slice(id);
        }
        last_hash = hash;
        each(RowEntry { id, block, hash, nth });
    })
    .ok_or_else(damaged)
}
