//! Reads the rows of some records from the blocks that have them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::reader::{StoredModule, rows};
use super::row_ids::RowIds;
use crate::domain::id::OrgId;
use crate::ports::{Objects, PortError};

/// Number of blocks that are read at a time.
const BLOCKS_AT_ONCE: usize = 4;

/// The cells of a row.
pub type RowValues = Vec<Option<String>>;
/// Rows by the ids of their records.
pub type RowsById = HashMap<Vec<u8>, Vec<RowValues>>;
/// Ids of the records that are wanted, by the numbers of their blocks.
pub type WantedRows = BTreeMap<usize, HashSet<Vec<u8>>>;

/// Reads the wanted rows of a version of a module.
pub async fn read_rows(
    (objects, org): (&Arc<dyn Objects>, OrgId),
    stored: &StoredModule,
    wanted: WantedRows,
) -> Result<RowsById, PortError> {
    let read = |(block, ids)| read_block((objects, org), stored, block, ids);
    let found: Vec<Vec<_>> = stream::iter(wanted).map(read).buffered(BLOCKS_AT_ONCE).try_collect().await?;
    let mut by_id = RowsById::new();
    for (id, values) in found.into_iter().flatten() {
        by_id.entry(id).or_default().push(values);
    }
    Ok(by_id)
}

async fn read_block(
    (objects, org): (&Arc<dyn Objects>, OrgId),
    stored: &StoredModule,
    block: usize,
    ids: HashSet<Vec<u8>>,
) -> Result<Vec<(Vec<u8>, RowValues)>, PortError> {
    let blocks = stored.blocks.get(block).cloned().into_iter().collect();
    let mut pages = rows(objects.clone(), org, &stored.module, blocks);
    let (mut of_row, mut found) = (RowIds::new(&stored.module), Vec::new());
    while let Some(page) = pages.try_next().await? {
        page.for_each(|cells| {
            let id = of_row.of(cells);
            if ids.contains(id) {
                found.push((id.to_vec(), cells.iter().map(|cell| cell.map(str::to_owned)).collect()));
            }
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap_or_else(|never| match never {});
    }
    Ok(found)
}
