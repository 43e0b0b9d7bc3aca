//! Searches everything that is kept for records with some words, block by block. Blocks are searched in the order of their modules and
//! names, so that a search that was stopped goes on behind the last one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::kept::kept_versions;
use crate::domain::erasure::{MAX_RECORDS, RecordRef};
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::domain::words::SearchWords;
use crate::ports::{Clock, PortError};
use crate::snapshots::find::{IdRanges, RecordReader, id_text};
use crate::snapshots::of_backup::version_if_kept;
use crate::snapshots::reader::StoredModule;
use crate::snapshots::search::{RowPlace, SearchLimits};
use crate::snapshots::session::SessionPorts;

/// Number of blocks that are searched at a time.
const BLOCKS_AT_ONCE: usize = 2;
/// A block is searched to its end, whatever it takes.
const NEVER: TimeDelta = TimeDelta::days(1);

/// The block behind which a search goes on: its module and its name.
pub type SearchPart = (String, String);

/// What a part of a search has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchedPart {
    /// The records, each once.
    pub records: Vec<RecordRef>,
    /// Where to go on; `None` at the end.
    pub rest: Option<SearchPart>,
}

/// Searches from a part on, until it is `until` or there are more records than one erasure may have. Each call advances.
pub async fn search(
    ports: &SessionPorts,
    org: OrgId,
    (module, words): (Option<&str>, &Arc<SearchWords>),
    from: Option<&SearchPart>,
    (clock, until): (&Arc<dyn Clock>, DateTime<Utc>),
) -> Result<SearchedPart, PortError> {
    let blocks = blocks_behind(ports, org, module, from).await?;
    let reader = RecordReader { objects: ports.stores.objects.clone(), org, ranges: Arc::new(IdRanges::default()) };
    let limits = || SearchLimits {
        hits: MAX_RECORDS + 1,
        clock: clock.clone(),
        until: clock.now() + NEVER,
        is_enough: Arc::new(AtomicBool::new(false)),
    };
    let search_one = |(part, stored): (SearchPart, Arc<StoredModule>)| {
        let (reader, words, limits) = (reader.clone(), words.clone(), limits());
        async move {
            let searched = reader.search((stored.clone(), RowPlace::default()), words, limits).await?;
            let records = searched
                .hits
                .into_iter()
                .map(|hit| RecordRef { module: stored.module.api_name.clone(), id: id_text(&stored.module, &hit.id) });
            Ok::<_, PortError>((part, records.collect::<Vec<_>>()))
        }
    };
    let (mut records, mut last) = (std::collections::BTreeSet::new(), None);
    let mut searched = stream::iter(blocks).map(search_one).buffered(BLOCKS_AT_ONCE);
    while let Some((part, found)) = searched.try_next().await? {
        records.extend(found);
        if clock.now() >= until || records.len() > MAX_RECORDS {
            last = Some(part);
            break;
        }
    }
    Ok(SearchedPart { records: records.into_iter().collect(), rest: last })
}

/// The blocks behind a part, each with a document of one block that says how to read it.
async fn blocks_behind(
    ports: &SessionPorts,
    org: OrgId,
    wanted: Option<&str>,
    from: Option<&SearchPart>,
) -> Result<BTreeMap<SearchPart, Arc<StoredModule>>, PortError> {
    let mut blocks = BTreeMap::new();
    for module in kept_versions(ports, org).await?.versions.into_keys() {
        if wanted.is_some_and(|wanted| *wanted != module.api_name) {
            continue;
        }
        let Some(stored) = version_if_kept(&*ports.stores.objects, org, &module).await? else { continue };
        for block in &stored.blocks {
            let part = (module.api_name.clone(), block.object.clone());
            if from.is_none_or(|from| part > *from) {
                blocks.entry(part).or_insert_with(|| Arc::new(alone(&stored, block)));
            }
        }
    }
    Ok(blocks)
}

fn alone(stored: &StoredModule, block: &Block) -> StoredModule {
    StoredModule {
        version: stored.version,
        module: stored.module.clone(),
        blocks: vec![block.clone()],
        sha256: None,
        files: Vec::new(),
    }
}
