//! The search that selects what a restore writes: the records of the backup in which all words occur. It goes on from call to call, and is
//! over before the plan begins.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::domain::id::OrgId;
use crate::domain::restore::{MAX_FOUND, RestoreSearch, SelectedRecord};
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
    pub async fn go_on(
        &mut self,
        (objects, org, clock): (&Arc<dyn Objects>, OrgId, &Arc<dyn Clock>),
        snapshot: &Snapshot,
        search: &RestoreSearch,
    ) -> Result<(), PortError> {
        let unreadable = |error| PortError::with(ErrorKind::Corrupt, "read the words of a restore", error);
        let words = Arc::new(search.search_words().map_err(unreadable)?);
        let blocks = blocks(&**objects, org, snapshot, search).await?;
        self.blocks = blocks.len();
        let reader = RecordReader { objects: objects.clone(), org, ranges: Arc::new(IdRanges::default()) };
        let search_one = |(stored, place): (Arc<StoredModule>, RowPlace)| {
            let (reader, words, limits) = (reader.clone(), words.clone(), limits(clock));
            async move {
                let found = reader.search((stored.clone(), place), words, limits).await?;
                let (module, api_name) = (&stored.module, &stored.module.api_name);
                let record = |id: &[u8]| SelectedRecord { module: api_name.clone(), id: id_text(module, id) };
                Ok::<Vec<_>, PortError>(found.hits.iter().map(|hit| record(&hit.id)).collect())
            }
        };
        let mut searched =
            stream::iter(blocks.into_iter().skip(self.searched).take(BLOCKS_OF_A_STEP)).map(search_one).buffered(BLOCKS_AT_ONCE);
        while let Some(found) = searched.try_next().await? {
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

/// The blocks that are searched, in the order of the snapshot.
async fn blocks(
    objects: &dyn Objects,
    org: OrgId,
    snapshot: &Snapshot,
    search: &RestoreSearch,
) -> Result<Vec<(Arc<StoredModule>, RowPlace)>, PortError> {
    let mut blocks = Vec::new();
    for module in snapshot.modules.iter().filter(|module| search.has_module(&module.api_name)) {
        let stored = Arc::new(module_of(objects, org, module).await?);
        blocks.extend((0..stored.blocks.len()).map(|block| (stored.clone(), RowPlace { block, row: 0 })));
    }
    Ok(blocks)
}

/// A block is searched to its end.
fn limits(clock: &Arc<dyn Clock>) -> SearchLimits {
    let (until, is_enough) = (DateTime::<Utc>::MAX_UTC, Arc::new(AtomicBool::new(false)));
    SearchLimits { hits: MAX_FOUND + 1, clock: clock.clone(), until, is_enough }
}
