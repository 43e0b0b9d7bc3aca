//! Reads single rows out of blocks.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::block_text::{deflated, for_each_piece};
use super::find::{FoundRow, RecordReader};
use super::raw_row::raw_cells;
use super::reader::StoredModule;
use super::row_index::hash_of;
use super::row_key::RowKey;
use crate::archive::csv::kept_columns;
use crate::domain::crm::Module;
use crate::domain::snapshot::Block;
use crate::ports::{ErrorKind, PortError};

/// Number of blocks that are read at a time.
const BLOCKS_AT_ONCE: usize = 3;

/// The cells of a record, one for each field that is backed up. `None` is NULL.
pub type RecordCells = Vec<Option<String>>;

impl RecordReader {
    /// Reads rows that indexes name, in the given order.
    pub async fn rows(&self, stored: &StoredModule, wanted: &[FoundRow]) -> Result<Vec<RecordCells>, PortError> {
        let mut by_block: BTreeMap<usize, WantedRows> = BTreeMap::new();
        for row in wanted {
            by_block.entry(row.block).or_insert_with(|| WantedRows::new(&stored.module)).add(row);
        }
        let jobs: Vec<_> =
            by_block.into_iter().filter_map(|(at, wanted)| Some((at, stored.blocks.get(at)?.clone(), wanted))).collect();
        let mut read = HashMap::new();
        let mut reads = stream::iter(jobs).map(|job| self.clone().read(job)).buffer_unordered(BLOCKS_AT_ONCE);
        while let Some((at, rows)) = reads.try_next().await? {
            read.extend(rows.into_iter().map(|(hash, cells)| ((at, hash), cells)));
        }
        let missing = || PortError::new(ErrorKind::Corrupt, "find a row that an index names");
        wanted.iter().map(|row| read.get(&(row.block, row.hash)).cloned().ok_or_else(missing)).collect()
    }

    async fn read(
        self,
        (at, block, wanted): (usize, Block, WantedRows),
    ) -> Result<(usize, HashMap<[u8; 8], RecordCells>), PortError> {
        let bytes = deflated(&*self.objects, self.org, &block).await?;
        let reading = tokio::task::spawn_blocking(move || wanted.read(&bytes, &block));
        let rows = reading.await.map_err(|error| PortError::with(ErrorKind::Corrupt, "read the rows of a block", error))??;
        Ok((at, rows))
    }
}

/// The rows that are wanted of a block. Equal rows are read once.
struct WantedRows {
    columns: usize,
    /// Position of the key among the columns that are stored; `None` if rows have no key of one column there.
    key: Option<usize>,
    ids: HashSet<Vec<u8>>,
    hashes: HashSet<[u8; 8]>,
}

impl WantedRows {
    fn new(module: &Module) -> Self {
        let kept = kept_columns(&module.fields);
        let key = RowKey::new(&module.fields, &module.key);
        let key = match key.columns() {
            [only] => kept.iter().position(|column| column == only),
            _ => None,
        };
        Self { columns: kept.len(), key, ids: HashSet::new(), hashes: HashSet::new() }
    }

    fn add(&mut self, row: &FoundRow) {
        self.ids.insert(row.id.clone());
        self.hashes.insert(row.hash);
    }

    fn read(mut self, bytes: &Bytes, block: &Block) -> Result<HashMap<[u8; 8], RecordCells>, PortError> {
        let mut found = HashMap::new();
        for_each_piece(bytes, block, |piece| {
            for row in piece.rows() {
                if self.may_be(row) {
                    self.take(row, &mut found);
                }
            }
            if self.hashes.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found)
    }

    /// Whether a row has one of the ids, as far as it can be told without its hash.
    fn may_be(&self, row: &str) -> bool {
        let Some(key) = self.key else { return true };
        let cell = raw_cells(row, self.columns).nth(key).flatten().unwrap_or_default();
        self.ids.contains(cell.as_bytes())
    }

    fn take(&mut self, row: &str, found: &mut HashMap<[u8; 8], RecordCells>) {
        let hash = hash_of(row.as_bytes());
        if self.hashes.remove(&hash) {
            found.insert(hash, raw_cells(row, self.columns).map(|cell| cell.map(Cow::into_owned)).collect());
        }
    }
}
