//! Pages of a module's records in the order of their ids. Memory use is a page and the indexes of a few blocks.

use std::collections::BinaryHeap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::find::{FoundRow, INDEXES_AT_ONCE, RecordReader, each_row};
use super::reader::StoredModule;
use super::row_key::compare;
use crate::domain::snapshot::Block;
use crate::ports::PortError;

impl RecordReader {
    /// Returns the first `count` rows behind another one. Blocks of which it is known that they have none of them are not read.
    pub async fn page(&self, stored: &StoredModule, behind: Option<&FoundRow>, count: usize) -> Result<Vec<FoundRow>, PortError> {
        let mut page = LeastRows { behind, count, rows: BinaryHeap::with_capacity(count + 1) };
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (at, block) in stored.blocks.iter().cloned().enumerate() {
            match self.ranges.get(&block) {
                Some((first, last)) if behind.is_none_or(|row| compare(&row.id, &last).is_le()) => {
                    known.push((first, (at, block)))
                }
                Some(_) => {}
                None => unknown.push((at, block)),
            }
        }
        let mut indexes = stream::iter(unknown).map(|block| self.clone().open(block)).buffered(INDEXES_AT_ONCE);
        while let Some((at, index)) = indexes.try_next().await? {
            page.add(at, &index)?;
        }
        drop(indexes);
        known.sort_by(|(a, _), (b, _)| compare(a, b));
        self.add_known(&mut page, known).await?;
        Ok(page.rows.into_sorted_vec())
    }

    /// Adds blocks in the order of their first ids, until all others begin behind the page.
    async fn add_known(&self, page: &mut LeastRows<'_>, known: Vec<(Vec<u8>, (usize, Block))>) -> Result<(), PortError> {
        for (first, block) in known {
            if page.ends_before(&first) {
                break;
            }
            let (at, index) = self.clone().open(block).await?;
            page.add(at, &index)?;
        }
        Ok(())
    }
}

/// The least rows that were found behind the given one.
struct LeastRows<'a> {
    behind: Option<&'a FoundRow>,
    count: usize,
    /// The greatest is on top.
    rows: BinaryHeap<FoundRow>,
}

impl LeastRows<'_> {
    fn ends_before(&self, id: &[u8]) -> bool {
        let is_full = self.rows.len() >= self.count;
        is_full && self.rows.peek().is_none_or(|last| compare(&last.id, id).is_lt())
    }

    fn add(&mut self, block: usize, index: &[u8]) -> Result<(), PortError> {
        let Self { behind, count, rows } = self;
        each_row(block, index, |row| {
            let is_before = behind.is_some_and(|behind| compare(row.id, &behind.id).is_lt());
            let is_after = rows.len() >= *count && rows.peek().is_none_or(|last| compare(row.id, &last.id).is_gt());
            if is_before || is_after {
                return;
            }
            let row = row.to_owned();
            if behind.is_none_or(|behind| row > *behind) {
                rows.push(row);
                if rows.len() > *count {
                    rows.pop();
                }
            }
        })
    }
}
