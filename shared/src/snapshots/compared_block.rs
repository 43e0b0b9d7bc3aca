//! A block of the version before, beside which new rows are held. As long as they are the same, nothing needs to be compressed. Memory
//! use is the deflated block and a piece of its text.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress};
use futures_util::TryStreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::block_text::for_each_piece_of;
use super::stores::stored_object;
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::ports::{ErrorKind, Objects, PortError};
use crate::telemetry::Causes;

/// Text is inflated in pieces of this size, which stay within the processor's cache.
const PIECE: usize = 128 << 10;

/// A block that is read while its rows are compared.
pub(super) struct ComparedBlock {
    /// Position of the block in its version.
    pub number: usize,
    block: Block,
    arriving: mpsc::UnboundedReceiver<Result<Bytes, PortError>>,
    /// What has arrived of the deflated text.
    deflated: Vec<u8>,
    inflater: Decompress,
    /// Text of which the rows up to `at` were taken.
    text: Vec<u8>,
    at: usize,
    rows: u64,
    bytes: u64,
}

impl ComparedBlock {
    /// Begins to read a block. All of it is read at once, however slowly rows come, and reading ends with the block's last user.
    pub fn open(runtime: &Handle, (objects, org): (Arc<dyn Objects>, OrgId), number: usize, block: Block) -> Self {
        let (to, arriving) = mpsc::unbounded_channel();
        let wanted = block.clone();
        runtime.spawn(async move {
            if let Err(error) = send(&*objects, org, &wanted, &to).await {
                // Nobody waits for it if the channel is closed.
                to.send(Err(error)).unwrap_or_default();
            }
        });
        let deflated = Vec::with_capacity(usize::try_from(block.bytes).unwrap_or_default());
        let inflater = Decompress::new(false);
        Self { number, block, arriving, deflated, inflater, text: Vec::new(), at: 0, rows: 0, bytes: 0 }
    }

    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Whether all of the block has arrived.
    pub fn has_arrived(&self) -> bool {
        self.deflated.len() as u64 >= self.block.bytes
    }

    /// Whether all rows were taken.
    pub fn is_complete(&self) -> bool {
        self.rows == self.block.rows && self.bytes == self.block.text_bytes
    }

    /// Takes a row as it is written, if it is the next one of the block.
    pub fn take(&mut self, row: &[u8]) -> bool {
        while self.text.len() - self.at < row.len() {
            if !self.inflate() {
                return false;
            }
        }
        let is_next = self.rows < self.block.rows && self.text[self.at..].starts_with(row);
        if is_next {
            (self.at, self.rows, self.bytes) = (self.at + row.len(), self.rows + 1, self.bytes + row.len() as u64);
        }
        is_next
    }

    /// Whether all rows were taken, and what is stored is undamaged.
    pub fn is_whole(&mut self) -> bool {
        while self.is_complete() && !self.has_arrived() && self.receive() {}
        self.is_complete() && self.has_arrived() && crc32fast::hash(&self.deflated) == self.block.stored_crc32
    }

    /// Calls `each` with the rows that were taken, until it fails.
    pub fn for_each_taken<E>(&self, mut each: impl FnMut(&str) -> Result<(), E>) -> Result<(), TakenError<E>> {
        let mut failed = None;
        let read = for_each_piece_of(&self.deflated, self.bytes, |piece| {
            failed = piece.rows().try_for_each(&mut each).err();
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match failed {
            Some(error) => Err(TakenError::Failed(error)),
            None => read.map(drop).map_err(TakenError::Unreadable),
        }
    }

    /// Inflates another piece behind the text that is left; false if there is none, or if it cannot be read.
    fn inflate(&mut self) -> bool {
        self.text.drain(..std::mem::take(&mut self.at));
        self.text.reserve(PIECE);
        let inflated = self.inflater.total_out();
        loop {
            let read = usize::try_from(self.inflater.total_in()).unwrap_or(usize::MAX);
            let input = self.deflated.get(read..).unwrap_or_default();
            if self.inflater.decompress_vec(input, &mut self.text, FlushDecompress::None).is_err() {
                return false;
            }
            if self.inflater.total_out() > inflated {
                return true;
            }
            if !self.receive() {
                return false;
            }
        }
    }

    /// Waits for more of the block; false at its end, or if it cannot be read. The rows are compressed again then.
    fn receive(&mut self) -> bool {
        match self.arriving.blocking_recv() {
            Some(Ok(chunk)) => {
                self.deflated.extend_from_slice(&chunk);
                true
            }
            Some(Err(error)) => {
                tracing::warn!(error = %Causes(&error), object = self.block.object, "a stored block could not be compared");
                false
            }
            None => false,
        }
    }
}

/// Why rows that were taken are not given again.
pub(super) enum TakenError<E> {
    Failed(E),
    Unreadable(PortError),
}

/// Sends the deflated text of a block in pieces, if the object has the block's size.
async fn send(
    objects: &dyn Objects,
    org: OrgId,
    block: &Block,
    to: &mpsc::UnboundedSender<Result<Bytes, PortError>>,
) -> Result<(), PortError> {
    let at = stored_object(org, &block.object);
    let size = objects.head(&at).await?.map(|head| head.size);
    if size != Some(block.bytes + block.index_bytes) {
        return Err(PortError::new(ErrorKind::Corrupt, "compare a stored block"));
    }
    let mut body = objects.get(&at, Some(0..block.bytes)).await?;
    while let Some(chunk) = body.try_next().await? {
        if to.send(Ok(chunk)).is_err() {
            break;
        }
    }
    Ok(())
}
