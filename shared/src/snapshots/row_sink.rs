//! Takes rows and stores them as blocks: a thread encodes them while the blocks before are being stored. Memory use is a
//! few pages and blocks, whatever the number of rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::error::WriteError;
use super::row_blocks::{EndedBlock, RowBlocks};
use super::stores::{SnapshotStores, replace, store, stored_object};
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage};
use crate::domain::snapshot::Block;

/// Text size in bytes at which gathered rows are handed to the encoder.
const PAGE_BYTES: usize = 256 << 10;
/// Number of pages, and of blocks, that may wait.
const WAITING: usize = 2;
/// Number of blocks that are stored at a time.
const STORED_AT_ONCE: usize = 2;

/// The blocks of a module that are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRows {
    pub blocks: Vec<Block>,
    /// SHA-256 of the CSV file up to the end of the first block.
    first_sha256: Option<String>,
}

impl StoredRows {
    /// All blocks of a module. `sha256` is that of its CSV file, if there is one block.
    pub(super) fn of_module(blocks: Vec<Block>, sha256: Option<String>) -> Self {
        Self { blocks, first_sha256: sha256 }
    }

    /// Returns the SHA-256 of the module's CSV file, if these blocks are all and there is one only.
    pub(super) fn file_sha256(&self) -> Option<String> {
        self.first_sha256.clone().filter(|_| self.blocks.len() == 1)
    }
}

/// A place in the pages that a sink was given, behind the last row that a block holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Number of whole pages in front of it.
    pub pages: u64,
    /// Number of rows of the next page in front of it.
    pub rows: u64,
}

/// Takes the rows of one module.
pub(super) struct RowSink {
    columns: usize,
    page: RowPage,
    /// Takes pages, and `None` behind the last.
    to_encode: mpsc::Sender<Option<RowPage>>,
    encoding: JoinHandle<Result<(), WriteError>>,
    has_blocks: Arc<AtomicBool>,
    /// The task that stores the blocks. It ends with the sink.
    storing: JoinSet<Result<(StoredRows, Reached), WriteError>>,
}

impl RowSink {
    /// Creates a sink for rows of `columns` cells behind those that are stored.
    pub fn new(stores: SnapshotStores, org: OrgId, columns: usize, rows: RowBlocks, stored: StoredRows) -> Self {
        let (to_encode, pages) = mpsc::channel(WAITING);
        let (to_store, blocks) = mpsc::channel(1);
        let has_blocks = Arc::new(AtomicBool::new(false));
        let out = Blocks { to_store, are_there: has_blocks.clone() };
        let encoding = tokio::task::spawn_blocking(move || encode_all(rows, pages, &out));
        let mut storing = JoinSet::new();
        storing.spawn(store_all(stores, org, blocks, stored));
        Self { columns, page: RowPage::new(columns), to_encode, encoding, has_blocks, storing }
    }

    /// Returns whether a block has ended since the sink began.
    pub fn has_blocks(&self) -> bool {
        self.has_blocks.load(Ordering::Relaxed)
    }

    /// Appends a row.
    pub async fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        let columns = WriteError::Cells { expected: self.columns, found: cells.len() };
        if self.columns == 0 {
            return Err(columns);
        }
        self.page.push(cells).map_err(|_| columns)?;
        if self.page.size() >= PAGE_BYTES { self.hand_over().await } else { Ok(()) }
    }

    /// Appends the rows of a page.
    pub async fn page(&mut self, page: RowPage) -> Result<(), WriteError> {
        if page.columns() != self.columns {
            return Err(WriteError::Cells { expected: self.columns, found: page.columns() });
        }
        self.hand_over().await?;
        self.send(Some(page)).await
    }

    /// Waits until everything is stored.
    pub async fn finish(mut self) -> Result<StoredRows, WriteError> {
        self.hand_over().await?;
        self.send(None).await?;
        Ok(self.pause().await?.0)
    }

    /// Waits until all blocks that have ended are stored, and returns them with the place behind them. Rows behind that place are
    /// dropped, so that blocks end where they would without the pause.
    pub async fn pause(mut self) -> Result<(StoredRows, Reached), WriteError> {
        drop(self.to_encode);
        let encoded = self.encoding.await.map_err(WriteError::Interrupted)?;
        // An encoder whose blocks nobody takes any more fails, but not first.
        let stored = stored(&mut self.storing).await?;
        encoded?;
        Ok(stored)
    }

    async fn hand_over(&mut self) -> Result<(), WriteError> {
        if self.page.rows() == 0 {
            return Ok(());
        }
        let page = std::mem::replace(&mut self.page, RowPage::new(self.columns));
        self.send(Some(page)).await
    }

    /// Hands a page to the encoder. If that has ended, whoever stores its blocks says why.
    async fn send(&mut self, page: Option<RowPage>) -> Result<(), WriteError> {
        if self.to_encode.send(page).await.is_ok() {
            return Ok(());
        }
        Err(stored(&mut self.storing).await.err().unwrap_or(WriteError::Stopped))
    }
}

async fn stored(storing: &mut JoinSet<Result<(StoredRows, Reached), WriteError>>) -> Result<(StoredRows, Reached), WriteError> {
    let ended = storing.join_next().await.ok_or(WriteError::Stopped)?;
    ended.map_err(WriteError::Interrupted)?
}

/// Where finished blocks go.
struct Blocks {
    to_store: mpsc::Sender<(EndedBlock, Reached)>,
    are_there: Arc<AtomicBool>,
}

impl Blocks {
    fn end(&self, rows: &mut RowBlocks, reached: Reached) -> Result<(), WriteError> {
        let Some(block) = rows.end()? else { return Ok(()) };
        self.are_there.store(true, Ordering::Relaxed);
        // Who stores ends early only with an error, which is the answer then.
        self.to_store.blocking_send((block, reached)).map_err(|_| WriteError::Stopped)
    }
}

fn encode_all(mut rows: RowBlocks, mut pages: mpsc::Receiver<Option<RowPage>>, blocks: &Blocks) -> Result<(), WriteError> {
    let mut reached = Reached::default();
    while let Some(page) = pages.blocking_recv() {
        let Some(page) = page else { return blocks.end(&mut rows, reached) };
        page.for_each(|cells| {
            reached.rows += 1;
            match rows.row(cells)? {
                true => blocks.end(&mut rows, reached),
                false => Ok(()),
            }
        })?;
        reached = Reached { pages: reached.pages + 1, rows: 0 };
    }
    Ok(())
}

async fn store_all(
    stores: SnapshotStores,
    org: OrgId,
    blocks: mpsc::Receiver<(EndedBlock, Reached)>,
    stored: StoredRows,
) -> Result<(StoredRows, Reached), WriteError> {
    let received = stream::unfold(blocks, async |mut blocks| blocks.recv().await.map(|block| (block, blocks)));
    let storing = received.map(|(EndedBlock { block, body, is_damaged, with_header }, reached)| {
        let objects = stores.objects.clone();
        async move {
            let at = stored_object(org, &block.object);
            match body {
                Some(body) if is_damaged => replace(&*objects, &at, body).await?,
                Some(body) => store(&*objects, &at, body).await?,
                None => {}
            }
            Ok::<_, WriteError>((block, with_header, reached))
        }
    });
    let collect = async |(mut stored, _): (StoredRows, Reached), (block, with_header, reached)| {
        if stored.blocks.is_empty() {
            stored.first_sha256 = with_header;
        }
        stored.blocks.push(block);
        Ok((stored, reached))
    };
    storing.buffered(STORED_AT_ONCE).try_fold((stored, Reached::default()), collect).await
}
