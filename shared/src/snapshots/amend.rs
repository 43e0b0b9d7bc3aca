//! Makes the rows of a version of a module from those of another one and what has changed. Memory use is the changes and a few
//! blocks, whatever the size of the module.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::WriteError;
use super::input::ModuleHead;
use super::reader::{StoredModule, rows};
use super::row_index::for_each_id;
use super::row_index_reader::damaged;
use super::row_key::{RowKey, compare};
use super::stores::{object_name, stored_object};
use super::writer::ModuleWriter;
use crate::archive::csv::kept_columns;
use crate::domain::crm::{DataCategory, Module};
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage, UnevenRows};
use crate::domain::snapshot::Block;
use crate::ports::{Objects, PortError};

/// Number of row indexes that are read at a time.
const INDEXES_AT_ONCE: usize = 4;

/// What has changed in the rows of a module.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Rows that are new or differ, with a cell for each field. Of rows with the same key, the last counts.
    pub rows: Vec<RowPage>,
    /// Keys of rows that are gone, also if they are among `rows`. The cells of a key of several fields are joined by U+001F.
    pub deleted: Vec<String>,
}

/// What happens to the row of a key.
enum Change {
    Delete,
    /// `None` once it is written.
    Write(Option<RowPage>),
}

/// Changes by the keys of their rows.
pub(super) struct Amendment {
    key: RowKey,
    /// Indexes of the columns that are stored, and the number of all columns.
    columns: (Vec<usize>, usize),
    changes: HashMap<Vec<u8>, Change>,
}

impl Amendment {
    /// Creates an amendment of `base` to a module of this description.
    pub fn new(head: &ModuleHead, base: &Module, changes: Changes) -> Result<Self, WriteError> {
        let kept = kept_columns(&head.fields);
        let key = RowKey::new(&head.fields, &head.key);
        let is_same = head.fields == base.fields && head.key == base.key && head.contents == base.contents;
        let is_identified = !key.columns().is_empty() && key.columns().iter().all(|column| kept.contains(column));
        if !is_same || !is_identified || head.contents != DataCategory::Crm {
            return Err(WriteError::NotAmendable);
        }
        let columns = (kept, head.fields.len());
        let mut amendment = Self { key, columns, changes: HashMap::new() };
        for page in &changes.rows {
            amendment.add(page)?;
        }
        let deleted = changes.deleted.into_iter().map(|key| (key.into_bytes(), Change::Delete));
        amendment.changes.extend(deleted);
        Ok(amendment)
    }

    fn add(&mut self, page: &RowPage) -> Result<(), WriteError> {
        let cells = WriteError::Cells { expected: self.columns.1, found: page.columns() };
        if page.columns() != self.columns.1 {
            return Err(cells);
        }
        let mut id = Vec::new();
        page.for_each(|cells| {
            self.key.write(cells, &mut id);
            let mut row = RowPage::new(self.columns.1);
            row.push(cells)?;
            self.changes.insert(id.clone(), Change::Write(Some(row)));
            Ok(())
        })
        .map_err(|_: UnevenRows| cells)
    }

    /// Writes the rows of `base` with the changes. A row that differs takes the place of the old one. A new row comes in front of the first
    /// row with a greater key, as long as the keys of the rows in front of it ascend, or else at the end.
    pub async fn write(
        self,
        stores: (Arc<dyn Objects>, OrgId),
        base: StoredModule,
        writer: &mut ModuleWriter,
    ) -> Result<(), WriteError> {
        let new = self.new_rows((&*stores.0, stores.1), &base.blocks).await?;
        let Self { key, columns: (kept, columns), changes } = self;
        let mut pages = rows(stores.0, stores.1, &base.module, base.blocks);
        let mut merge = Merge { writer, changes, new, last: None, is_ascending: true };
        let mut id = Vec::new();
        while let Some(page) = pages.try_next().await? {
            let (mut rows, mut stored, mut cells) = (page.cursor(), Vec::new(), vec![None; columns]);
            while rows.read(&mut stored) {
                for (cell, at) in stored.iter().zip(&kept) {
                    cells[*at] = *cell;
                }
                key.write(&cells, &mut id);
                merge.row(&id, &cells).await?;
            }
        }
        merge.finish().await
    }

    /// Returns the keys of rows that the blocks do not hold, in ascending order.
    async fn new_rows(&self, (objects, org): (&dyn Objects, OrgId), blocks: &[Block]) -> Result<VecDeque<Vec<u8>>, PortError> {
        let is_written = |(id, change): (&Vec<u8>, &Change)| matches!(change, Change::Write(_)).then(|| id.clone());
        let mut new: HashSet<Vec<u8>> = self.changes.iter().filter_map(is_written).collect();
        let read = |block| async move { index_of(objects, org, &block).await };
        let mut indexes = stream::iter(blocks.to_vec()).map(read).buffered(INDEXES_AT_ONCE);
        while !new.is_empty()
            && let Some(index) = indexes.try_next().await?
        {
            for_each_id(&index, |id| {
                new.remove(id);
            })
            .ok_or_else(damaged)?;
        }
        let mut new: Vec<_> = new.into_iter().collect();
        new.sort_unstable_by(|a, b| compare(a, b));
        Ok(new.into())
    }
}

/// Reads the row index of a block.
pub(super) async fn index_of(objects: &dyn Objects, org: OrgId, block: &Block) -> Result<Bytes, PortError> {
    let range = block.bytes..block.bytes + block.index_bytes;
    let body = objects.get(&stored_object(org, &block.object), Some(range)).await?;
    let index: Vec<Bytes> = body.try_collect().await?;
    let index = Bytes::from(index.concat());
    // The name of a block is made from its text and its index.
    if object_name(&[block.sha256.as_bytes(), &index]) == block.object { Ok(index) } else { Err(damaged()) }
}

/// Merges stored rows and changes into a writer.
struct Merge<'a> {
    writer: &'a mut ModuleWriter,
    changes: HashMap<Vec<u8>, Change>,
    /// Keys of new rows that are not written yet, in ascending order.
    new: VecDeque<Vec<u8>>,
    /// Key of the stored row before.
    last: Option<Vec<u8>>,
    is_ascending: bool,
}

impl Merge<'_> {
    /// Takes the next stored row.
    async fn row(&mut self, id: &[u8], cells: &[Cell<'_>]) -> Result<(), WriteError> {
        self.is_ascending &= self.last.as_ref().is_none_or(|last| compare(last, id).is_le());
        if self.is_ascending {
            while let Some(new) = self.new.pop_front_if(|new| compare(new, id).is_lt()) {
                self.changed(&new).await?;
            }
            let last = self.last.get_or_insert_default();
            last.clear();
            last.extend_from_slice(id);
        }
        if self.changes.contains_key(id) { self.changed(id).await } else { self.writer.row(cells).await }
    }

    /// Writes the changed row of a key, once.
    async fn changed(&mut self, id: &[u8]) -> Result<(), WriteError> {
        let Some(Change::Write(row)) = self.changes.get_mut(id) else { return Ok(()) };
        let Some(row) = row.take() else { return Ok(()) };
        let (mut rows, mut cells) = (row.cursor(), Vec::new());
        while rows.read(&mut cells) {
            self.writer.row(&cells).await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), WriteError> {
        while let Some(new) = self.new.pop_front() {
            self.changed(&new).await?;
        }
        Ok(())
    }
}
