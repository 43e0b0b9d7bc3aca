//! Searches the rows of blocks for words. There is no index of words: the text of a block is folded and searched as a whole, and only rows in
//! which every word may occur are split into cells.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::block_text::{RowsText, deflated, for_each_piece};
use super::find::RecordReader;
use super::reader::StoredModule;
use super::records::RecordCells;
use super::row_index::hash_of;
use super::row_key::RowKey;
use crate::archive::csv::kept_columns;
use crate::domain::crm::Module;
use crate::domain::folding::{fold_into, is_simple};
use crate::domain::snapshot::Block;
use crate::domain::words::SearchWords;
use crate::ports::{Clock, ErrorKind, PortError};
use crate::snapshots::raw_row::raw_cells;

/// A place between two rows of a module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowPlace {
    /// Position of the block in the module.
    pub block: usize,
    /// Number of rows of the block in front of it.
    pub row: u64,
}

/// A record in which all words occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    pub id: Vec<u8>,
    pub cells: RecordCells,
    /// The place behind the record.
    pub behind: RowPlace,
}

/// When a search ends although there is more.
#[derive(Clone)]
pub struct SearchLimits {
    /// Maximum number of hits of a block.
    pub hits: usize,
    pub clock: Arc<dyn Clock>,
    /// No piece is begun after this time, but each call advances.
    pub until: DateTime<Utc>,
    /// Set when the hits of other blocks are enough.
    pub is_enough: Arc<AtomicBool>,
}

/// What was found in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedBlock {
    pub hits: Vec<SearchHit>,
    /// Where to go on in the block; `None` if it was searched to its end.
    pub rest: Option<RowPlace>,
}

impl RecordReader {
    /// Searches a block from a place on.
    pub async fn search(
        self,
        (stored, from): (Arc<StoredModule>, RowPlace),
        words: Arc<SearchWords>,
        limits: SearchLimits,
    ) -> Result<SearchedBlock, PortError> {
        let Some(block) = stored.blocks.get(from.block).cloned() else {
            return Ok(SearchedBlock { hits: Vec::new(), rest: None });
        };
        let bytes = deflated(&*self.objects, self.org, &block).await?;
        let searching = tokio::task::spawn_blocking(move || search_block(&bytes, &block, (&stored.module, from), &words, limits));
        searching.await.map_err(|error| PortError::with(ErrorKind::Corrupt, "search a block", error))?
    }
}

fn search_block(
    bytes: &[u8],
    block: &Block,
    (module, from): (&Module, RowPlace),
    words: &SearchWords,
    limits: SearchLimits,
) -> Result<SearchedBlock, PortError> {
    let mut search = BlockSearch::new(module, from, words, limits);
    for_each_piece(bytes, block, |piece| search.piece(&piece))?;
    let rest = search.ended.then_some(search.at).filter(|at| at.row < block.rows);
    Ok(SearchedBlock { hits: search.hits, rest })
}

struct BlockSearch<'a> {
    words: &'a SearchWords,
    /// Finders of parts of the words. A word without a part that can be looked for in the text has none.
    finders: Vec<Finder<'a>>,
    columns: usize,
    /// Indexes of the fields that are stored, and the key among all fields.
    key: (Vec<usize>, RowKey, usize),
    from: RowPlace,
    limits: SearchLimits,
    /// The row that comes next.
    at: RowPlace,
    /// Whether it ended before the end of the block.
    ended: bool,
    hits: Vec<SearchHit>,
    folded: String,
    /// End of each row in `folded`.
    folded_ends: Vec<usize>,
}

impl<'a> BlockSearch<'a> {
    fn new(module: &Module, from: RowPlace, words: &'a SearchWords, limits: SearchLimits) -> Self {
        let mut parts = words.plain_parts();
        // The longest is the rarest, by experience.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        let finders = parts.into_iter().filter(|part| !part.is_empty()).map(Finder::new).collect();
        let kept = kept_columns(&module.fields);
        let columns = kept.len();
        let key = (kept, RowKey::new(&module.fields, &module.key), module.fields.len());
        let at = RowPlace { block: from.block, row: 0 };
        let (hits, folded, folded_ends) = (Vec::new(), String::new(), Vec::new());
        Self { words, finders, columns, key, from, limits, at, ended: false, hits, folded, folded_ends }
    }

    fn piece(&mut self, piece: &RowsText<'_>) -> ControlFlow<()> {
        let behind = self.at.row + piece.ends.len() as u64;
        if behind > self.from.row {
            self.fold(piece);
            if self.search(piece).is_break() {
                return ControlFlow::Break(());
            }
        }
        self.at.row = behind;
        // Rows in front of the beginning were searched by an earlier call, which must not be in vain.
        let has_advanced = behind > self.from.row;
        let is_over = self.limits.is_enough.load(Ordering::Relaxed) || self.limits.clock.now() >= self.limits.until;
        self.ended = has_advanced && is_over;
        if self.ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn fold(&mut self, piece: &RowsText<'_>) {
        self.folded.clear();
        self.folded_ends.clear();
        if piece.text.is_ascii() {
            self.folded.push_str(piece.text);
            self.folded.make_ascii_lowercase();
            self.folded_ends.extend_from_slice(piece.ends);
            return;
        }
        for row in piece.rows() {
            if is_simple(row) {
                let start = self.folded.len();
                self.folded.push_str(row);
                self.folded[start..].make_ascii_lowercase();
            } else {
                fold_into(row, &mut self.folded);
            }
            self.folded_ends.push(self.folded.len());
        }
    }

    /// Searches the rows of a piece. Breaks behind the last hit that is allowed.
    fn search(&mut self, piece: &RowsText<'_>) -> ControlFlow<()> {
        let skipped = usize::try_from(self.from.row.saturating_sub(self.at.row)).unwrap_or(usize::MAX);
        let mut row = skipped;
        while let Some(found) = self.next_candidate(row) {
            row = found + 1;
            let start = found.checked_sub(1).map_or(0, |before| piece.ends[before]);
            let written = &piece.text[start..piece.ends[found]];
            if let Some((id, cells)) = self.check(written) {
                let behind = RowPlace { block: self.at.block, row: self.at.row + row as u64 };
                self.hits.push(SearchHit { id, cells, behind });
                if self.hits.len() >= self.limits.hits {
                    (self.at, self.ended) = (behind, true);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Returns the next row of the piece in which all words may occur.
    fn next_candidate(&self, mut row: usize) -> Option<usize> {
        let start_of = |row: usize| row.checked_sub(1).map_or(0, |before| self.folded_ends[before]);
        while row < self.folded_ends.len() {
            if let Some(first) = self.finders.first() {
                let at = start_of(row) + first.find(&self.folded.as_bytes()[start_of(row)..])?;
                row = self.folded_ends.partition_point(|end| *end <= at);
            }
            let folded = self.folded.as_bytes().get(start_of(row)..*self.folded_ends.get(row)?)?;
            if self.finders.iter().all(|finder| finder.find(folded).is_some()) {
                return Some(row);
            }
            row += 1;
        }
        None
    }

    /// Returns the id and the cells of a row, if all words occur in it.
    fn check(&self, row: &str) -> Option<(Vec<u8>, RecordCells)> {
        let cells: Vec<Option<Cow<'_, str>>> = raw_cells(row, self.columns).collect();
        if !self.words.match_record(cells.iter().flatten().map(AsRef::as_ref)) {
            return None;
        }
        let (kept, key, fields) = &self.key;
        let mut all = vec![None; *fields];
        for (cell, at) in cells.iter().zip(kept) {
            all[*at] = cell.as_deref();
        }
        let mut id = Vec::new();
        key.write(&all, &mut id);
        if key.columns().is_empty() {
            id.extend_from_slice(&hash_of(row.as_bytes()));
        }
        Some((id, cells.into_iter().map(|cell| cell.map(Cow::into_owned)).collect()))
    }
}
