//! Takes rows and stores them as blocks: a thread encodes them while the blocks before are being stored. Memory use is a
//! few pages and blocks, whatever the number of rows.

use std::io;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::blocks::{BlockEncoder, EncodedBlock};
use super::error::WriteError;
use super::stores::{SnapshotStores, store, stored_object};
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage};
use crate::domain::snapshot::Block;

/// Text size in bytes at which gathered rows are handed to the encoder.
const PAGE_BYTES: usize = 256 << 10;
/// Number of pages, and of blocks, that may wait.
const WAITING: usize = 2;
/// Number of blocks that are stored at a time.
const STORED_AT_ONCE: usize = 2;

/// The blocks of a module, and the SHA-256 of its CSV file if there is one block only.
pub(super) struct StoredRows {
    pub blocks: Vec<Block>,
    pub sha256: Option<String>,
}

/// Takes the rows of one module.
pub(super) struct RowSink {
    columns: usize,
    page: RowPage,
    to_encode: mpsc::Sender<RowPage>,
    encoding: JoinHandle<io::Result<()>>,
    /// The task that stores the blocks. It ends with the sink.
    storing: JoinSet<Result<StoredRows, WriteError>>,
}

impl RowSink {
    /// Creates a sink for rows of `columns` cells.
    pub fn new(stores: SnapshotStores, org: OrgId, columns: usize, encoder: BlockEncoder) -> Self {
        let (to_encode, pages) = mpsc::channel(WAITING);
        let (to_store, blocks) = mpsc::channel(1);
        let encoding = tokio::task::spawn_blocking(move || encode_all(encoder, pages, &to_store));
        let mut storing = JoinSet::new();
        storing.spawn(store_all(stores, org, blocks));
        Self { columns, page: RowPage::new(columns), to_encode, encoding, storing }
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
        self.send(page).await
    }

    /// Waits until everything is stored.
    pub async fn finish(mut self) -> Result<StoredRows, WriteError> {
        self.hand_over().await?;
        drop(self.to_encode);
        let encoded = self.encoding.await.map_err(WriteError::Interrupted)?;
        // An encoder whose blocks nobody takes any more fails, but not first.
        let stored = stored(&mut self.storing).await?;
        encoded.map_err(WriteError::Compression)?;
        Ok(stored)
    }

    async fn hand_over(&mut self) -> Result<(), WriteError> {
        if self.page.rows() == 0 {
            return Ok(());
        }
        let page = std::mem::replace(&mut self.page, RowPage::new(self.columns));
        self.send(page).await
    }

    /// Hands a page to the encoder. If that has ended, whoever stores its blocks says why.
    async fn send(&mut self, page: RowPage) -> Result<(), WriteError> {
        if self.to_encode.send(page).await.is_ok() {
            return Ok(());
        }
        Err(stored(&mut self.storing).await.err().unwrap_or(WriteError::Stopped))
    }
}

async fn stored(storing: &mut JoinSet<Result<StoredRows, WriteError>>) -> Result<StoredRows, WriteError> {
    let ended = storing.join_next().await.ok_or(WriteError::Stopped)?;
    ended.map_err(WriteError::Interrupted)?
}

fn encode_all(
    mut encoder: BlockEncoder,
    mut pages: mpsc::Receiver<RowPage>,
    to_store: &mpsc::Sender<EncodedBlock>,
) -> io::Result<()> {
    while let Some(page) = pages.blocking_recv() {
        page.for_each(|cells| match encoder.row(cells)? {
            true => end_block(&mut encoder, to_store),
            false => Ok(()),
        })?;
    }
    end_block(&mut encoder, to_store)
}

fn end_block(encoder: &mut BlockEncoder, to_store: &mpsc::Sender<EncodedBlock>) -> io::Result<()> {
    let Some(block) = encoder.end()? else { return Ok(()) };
    // Who stores ends early only with an error, which is the answer then.
    to_store.blocking_send(block).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

async fn store_all(stores: SnapshotStores, org: OrgId, blocks: mpsc::Receiver<EncodedBlock>) -> Result<StoredRows, WriteError> {
    let received = stream::unfold(blocks, async |mut blocks| blocks.recv().await.map(|block| (block, blocks)));
    let storing = received.map(|encoded| {
        let objects = stores.objects.clone();
        async move {
            store(&*objects, &stored_object(org, &encoded.block.object), encoded.body).await?;
            Ok::<_, WriteError>((encoded.block, encoded.with_header))
        }
    });
    let stored: Vec<(Block, Option<String>)> = storing.buffered(STORED_AT_ONCE).try_collect().await?;
    let (blocks, digests): (Vec<_>, Vec<_>) = stored.into_iter().unzip();
    let sha256 = if blocks.len() == 1 { digests.into_iter().next().flatten() } else { None };
    Ok(StoredRows { blocks, sha256 })
}
