//! The search that selects what a restore writes: the records of the backup in which all words occur. It goes on from call to call, and is
//! over before the plan begins.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::domain::id::OrgId;
use crate::domain::restore::{MAX_FOUND, RestoreSearch, SelectedRecord};
use crate::domain::words::SearchWords;
use crate::ports::{Clock, ErrorKind, Objects, PortError};
use crate::snapshots::document::Snapshot;
use crate::snapshots::find::{IdRanges, RecordReader, id_text};
use crate::snapshots::of_backup::module_of;
use crate::snapshots::reader::StoredModule;
use crate::snapshots::search::{RowPlace, SearchLimits};

/// Number of blocks that are searched at a time.
const BLOCKS_AT_ONCE: usize = 4;
/// Number of blocks behind which it is stored what was found.
const BLOCKS_OF_A_STEP: usize = 32;

/// How far the search of a restore is, and what it has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreFindings {
    pub records: Vec<SelectedRecord>,
    /// Number of blocks that were searched.
    pub searched: usize,
    /// Number of all blocks; zero before the first is searched.
    pub blocks: usize,
    pub is_over: bool,
}

impl RestoreFindings {
    /// Whether there are more records than a search may select.
    pub fn are_too_many(&self) -> bool {
        self.records.len() > MAX_FOUND
    }

    /// Searches some more blocks. Stops earlier once there are too many records.
    pub async fn go_on(&mut self, searched: &SearchedBlocks) -> Result<(), PortError> {
        self.blocks = searched.blocks.len();
        let blocks: Vec<_> = searched.blocks.iter().skip(self.searched).take(BLOCKS_OF_A_STEP).cloned().collect();
        let mut found = stream::iter(blocks).map(|block| searched.records_of(block)).buffered(BLOCKS_AT_ONCE);
        while let Some(found) = found.try_next().await? {
            self.records.extend(found);
            self.searched += 1;
            if self.are_too_many() {
                break;
            }
        }
        self.is_over = self.searched == self.blocks;
        Ok(())
    }
}

/// The blocks that a search goes through, in the order of the snapshot.
pub struct SearchedBlocks {
    reader: RecordReader,
    words: Arc<SearchWords>,
    clock: Arc<dyn Clock>,
    blocks: Vec<(Arc<StoredModule>, RowPlace)>,
}

impl SearchedBlocks {
    /// Reads which blocks there are.
    pub async fn open(
        (objects, org, clock): (&Arc<dyn Objects>, OrgId, &Arc<dyn Clock>),
        snapshot: &Snapshot,
        search: &RestoreSearch,
    ) -> Result<Self, PortError> {
        let unreadable = |error| PortError::with(ErrorKind::Corrupt, "read the words of a restore", error);
        let words = Arc::new(search.search_words().map_err(unreadable)?);
        let mut blocks = Vec::new();
        for module in snapshot.modules.iter().filter(|module| search.has_module(&module.api_name)) {
            let stored = Arc::new(module_of(&**objects, org, module).await?);
            blocks.extend((0..stored.blocks.len()).map(|block| (stored.clone(), RowPlace { block, row: 0 })));
        }
        let reader = RecordReader { objects: objects.clone(), org, ranges: Arc::new(IdRanges::default()) };
        Ok(Self { reader, words, clock: clock.clone(), blocks })
    }

    async fn records_of(&self, (stored, place): (Arc<StoredModule>, RowPlace)) -> Result<Vec<SelectedRecord>, PortError> {
        let found = self.reader.clone().search((stored.clone(), place), self.words.clone(), limits(&self.clock)).await?;
        let record = |id: &[u8]| SelectedRecord { module: stored.module.api_name.clone(), id: id_text(&stored.module, id) };
        Ok(found.hits.iter().map(|hit| record(&hit.id)).collect())
    }
}

/// A block is searched to its end.
fn limits(clock: &Arc<dyn Clock>) -> SearchLimits {
    let (until, is_enough) = (DateTime::<Utc>::MAX_UTC, Arc::new(AtomicBool::new(false)));
    SearchLimits { hits: MAX_FOUND + 1, clock: clock.clone(), until, is_enough }
}
