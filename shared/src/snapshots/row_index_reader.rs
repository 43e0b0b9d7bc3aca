//! Reads a row index piece by piece, so that thousands of them can be read at once in bounded memory. Ids and hashes lie in
//! two ranges of the block's object; each is read ahead by one piece.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use tokio::task::JoinHandle;

use super::row_index::{HASH_BYTES, RowHash, take_number};
use super::stores::stored_object;
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::ports::{ErrorKind, ObjectRef, Objects, PortError};

/// Number of pieces that a reader holds at most: of ids and of hashes, one in use and one ahead.
pub(super) const PIECES: usize = 4;

/// Id and hash of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IndexedRow {
    pub id: Vec<u8>,
    pub hash: RowHash,
}

/// Outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The next row is there.
    Row,
    /// There are no more rows.
    End,
    /// Bytes must be read first, by [`IndexReader::fill`]. Nothing has changed.
    Starved,
}

/// Reads the rows of an index in the order of their ids and hashes.
pub(super) struct IndexReader {
    ids: Pieces,
    hashes: Pieces,
    /// Number of rows that were not read yet.
    rows: u64,
}

impl IndexReader {
    /// Opens the index of a block behind all ids that are less than `from`, and reads in pieces of this size. Returns the
    /// first row; `None` if there is none.
    pub async fn open(
        (objects, org): (Arc<dyn Objects>, OrgId),
        block: &Block,
        piece: u64,
        from: &[u8],
    ) -> Result<Option<(Self, IndexedRow)>, PortError> {
        let at = Arc::new(stored_object(org, &block.object));
        let end = block.bytes + block.index_bytes;
        let hashes_at = block.rows.checked_mul(HASH_BYTES as u64).and_then(|bytes| end.checked_sub(bytes)).ok_or_else(damaged)?;
        let pieces =
            |range| Pieces { objects: objects.clone(), at: at.clone(), rest: range, piece, buffer: Bytes::new(), ahead: None };
        let mut reader = Self { ids: pieces(block.bytes..hashes_at), hashes: pieces(hashes_at..end), rows: block.rows };
        reader.check_number().await?;
        let mut row = IndexedRow::default();
        loop {
            match reader.next_id(&mut row.id)? {
                Id::End => return Ok(None),
                Id::Starved => reader.ids.fill().await?,
                Id::Read { .. } if row.id.as_slice() < from => reader.rows -= 1,
                Id::Read { .. } => break,
            }
        }
        reader.hashes.rest.start = end - reader.rows * HASH_BYTES as u64;
        while !reader.hashes.has_hash() {
            reader.hashes.fill().await?;
        }
        row.hash = reader.take_hash();
        Ok(Some((reader, row)))
    }

    /// Reads the number of rows, which the block says too.
    async fn check_number(&mut self) -> Result<(), PortError> {
        loop {
            self.ids.fill().await?;
            let mut bytes = &self.ids.buffer[..];
            if let Some(rows) = take_number(&mut bytes) {
                self.ids.keep(bytes.len());
                return if rows as u64 == self.rows { Ok(()) } else { Err(damaged()) };
            }
        }
    }

    /// Makes `row`, which is the row before, the next one. Fails with `Corrupt` where rows are not in order.
    pub fn step(&mut self, row: &mut IndexedRow) -> Result<Step, PortError> {
        if self.rows > 0 && !self.hashes.has_hash() {
            return Ok(Step::Starved);
        }
        let is_same = match self.next_id(&mut row.id)? {
            Id::End => return Ok(Step::End),
            Id::Starved => return Ok(Step::Starved),
            Id::Read { is_same } => is_same,
        };
        let hash = self.take_hash();
        if is_same && hash < row.hash {
            return Err(damaged());
        }
        row.hash = hash;
        Ok(Step::Row)
    }

    /// Reads what the last step lacked.
    pub async fn fill(&mut self) -> Result<(), PortError> {
        if self.hashes.has_hash() { self.ids.fill().await } else { self.hashes.fill().await }
    }

    /// Makes `id`, which is the id before, the next one.
    fn next_id(&mut self, id: &mut Vec<u8>) -> Result<Id, PortError> {
        if self.rows == 0 {
            return if self.ids.is_at_end() { Ok(Id::End) } else { Err(damaged()) };
        }
        let mut bytes = &self.ids.buffer[..];
        let (Some(shared), Some(rest)) = (take_number(&mut bytes), take_number(&mut bytes)) else { return Ok(Id::Starved) };
        let Some((new, behind)) = bytes.split_at_checked(rest) else { return Ok(Id::Starved) };
        let order = new.cmp(id.get(shared..).ok_or_else(damaged)?);
        if order.is_lt() {
            return Err(damaged());
        }
        id.truncate(shared);
        id.extend_from_slice(new);
        self.ids.keep(behind.len());
        Ok(Id::Read { is_same: order.is_eq() })
    }

    /// Takes the hash of the row whose id was read.
    fn take_hash(&mut self) -> RowHash {
        let hash = std::array::from_fn(|at| self.hashes.buffer[at]);
        self.hashes.keep(self.hashes.buffer.len() - HASH_BYTES);
        self.rows -= 1;
        hash
    }
}

/// Outcome of reading an id.
enum Id {
    Read {
        /// Whether it is the id of the row before, too.
        is_same: bool,
    },
    End,
    /// Its bytes have not been read yet.
    Starved,
}

/// A range of an object, read piece by piece.
struct Pieces {
    objects: Arc<dyn Objects>,
    at: Arc<ObjectRef>,
    /// What was not asked for yet.
    rest: Range<u64>,
    /// Size of a piece.
    piece: u64,
    buffer: Bytes,
    ahead: Option<Ahead>,
}

impl Pieces {
    /// Appends the next piece to the buffer, and asks for the one behind it. Fails with `Corrupt` if there is none.
    async fn fill(&mut self) -> Result<(), PortError> {
        let ahead = self.ahead.take().or_else(|| self.ask()).ok_or_else(damaged)?;
        let piece = ahead.piece().await?;
        self.buffer = match self.buffer.is_empty() {
            true => piece,
            false => [&self.buffer[..], &piece[..]].concat().into(),
        };
        self.ahead = self.ask();
        Ok(())
    }

    fn ask(&mut self) -> Option<Ahead> {
        let end = self.rest.end.min(self.rest.start.saturating_add(self.piece));
        let range = std::mem::replace(&mut self.rest.start, end)..end;
        if range.is_empty() {
            return None;
        }
        let (objects, at) = (self.objects.clone(), self.at.clone());
        Some(Ahead(tokio::spawn(async move { read(&*objects, &at, range).await })))
    }

    /// Forgets all but the last `bytes` bytes of the buffer.
    fn keep(&mut self, bytes: usize) {
        let used = self.buffer.len() - bytes;
        let _ = self.buffer.split_to(used);
    }

    fn has_hash(&self) -> bool {
        self.buffer.len() >= HASH_BYTES
    }

    fn is_at_end(&self) -> bool {
        self.buffer.is_empty() && self.rest.is_empty() && self.ahead.is_none()
    }
}

async fn read(objects: &dyn Objects, at: &ObjectRef, range: Range<u64>) -> Result<Bytes, PortError> {
    let expected = usize::try_from(range.end - range.start).map_err(|_| damaged())?;
    let mut body = objects.get(at, Some(range)).await?;
    // A buffer of its own: a slice would keep the larger one of the client.
    let mut piece = BytesMut::with_capacity(expected);
    while let Some(chunk) = body.try_next().await? {
        piece.extend_from_slice(&chunk);
    }
    if piece.len() == expected { Ok(piece.freeze()) } else { Err(damaged()) }
}

/// A piece that is being read; no longer once this is dropped.
struct Ahead(JoinHandle<Result<Bytes, PortError>>);

impl Ahead {
    async fn piece(mut self) -> Result<Bytes, PortError> {
        let interrupted = |error| PortError::with(ErrorKind::Unavailable, "wait for a piece of a row index", error);
        (&mut self.0).await.map_err(interrupted)?
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn damaged() -> PortError {
    PortError::new(ErrorKind::Corrupt, "read the row index of a block")
}
