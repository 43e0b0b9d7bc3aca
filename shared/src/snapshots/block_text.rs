//! Reads the text of a block in pieces of whole rows, which are neither parsed nor copied one by one.

use std::ops::ControlFlow;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress};
use futures_util::TryStreamExt;

use super::stores::stored_object;
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::ports::{ErrorKind, Objects, PortError};

/// Size of a piece in bytes, unless a row is longer.
const PIECE: usize = 256 << 10;

/// Reads the deflated text of a block.
pub(super) async fn deflated(objects: &dyn Objects, org: OrgId, block: &Block) -> Result<Bytes, PortError> {
    let body = objects.get(&stored_object(org, &block.object), Some(0..block.bytes)).await?;
    let pieces: Vec<Bytes> = body.try_collect().await?;
    Ok(if let [whole] = pieces.as_slice() { whole.clone() } else { pieces.concat().into() })
}

/// Consecutive whole rows of a block.
pub(super) struct RowsText<'a> {
    pub text: &'a str,
    /// End of each row, behind its line break.
    pub ends: &'a [usize],
}

impl<'a> RowsText<'a> {
    pub fn rows(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, mut start) = (self.text, 0);
        self.ends.iter().map(move |end| &text[std::mem::replace(&mut start, *end)..*end])
    }
}

/// Calls `each` with the rows of a block, until it breaks. What it has read to the end is checked against the block's digest.
pub(super) fn for_each_piece(
    deflated: &[u8],
    block: &Block,
    mut each: impl FnMut(RowsText<'_>) -> ControlFlow<()>,
) -> Result<(), PortError> {
    let (mut crc, mut rows) = (crc32fast::Hasher::new(), 0);
    let read = for_each_piece_of(deflated, block.text_bytes, |piece| {
        crc.update(piece.text.as_bytes());
        rows += piece.ends.len() as u64;
        each(piece)
    })?;
    let is_whole = rows == block.rows && crc.finalize() == block.crc32;
    if read.is_break() || is_whole { Ok(()) } else { Err(damaged()) }
}

/// Calls `each` with the rows that make up the first `bytes` of a text, until it breaks. What follows them may be damaged.
pub(super) fn for_each_piece_of(
    deflated: &[u8],
    bytes: u64,
    mut each: impl FnMut(RowsText<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, PortError> {
    let mut pieces = TextPieces {
        inflater: Decompress::new(false),
        text: Vec::with_capacity(2 * PIECE),
        scanned: 0,
        ends: Vec::new(),
        in_quotes: false,
    };
    while pieces.inflater.total_out() < bytes {
        pieces.inflate(deflated, bytes)?;
        let whole = pieces.find_rows();
        let text = simdutf8::basic::from_utf8(&pieces.text[..whole])
            .map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a stored block", error))?;
        if each(RowsText { text, ends: &pieces.ends }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        pieces.forget(whole);
    }
    if pieces.text.is_empty() { Ok(ControlFlow::Continue(())) } else { Err(damaged()) }
}

fn damaged() -> PortError {
    PortError::new(ErrorKind::Corrupt, "decode a stored block")
}

struct TextPieces {
    inflater: Decompress,
    /// Text that was not given yet.
    text: Vec<u8>,
    /// Number of its bytes in which line breaks were looked for.
    scanned: usize,
    ends: Vec<usize>,
    in_quotes: bool,
}

impl TextPieces {
    /// Appends up to a piece of the first `bytes` of the text.
    fn inflate(&mut self, deflated: &[u8], bytes: u64) -> Result<(), PortError> {
        let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
        let input = usize::try_from(read).ok().and_then(|read| deflated.get(read..)).ok_or_else(damaged)?;
        self.text.reserve(PIECE);
        let inflated = self.inflater.decompress_vec(input, &mut self.text, FlushDecompress::None);
        let excess = usize::try_from(self.inflater.total_out().saturating_sub(bytes)).unwrap_or(usize::MAX);
        self.text.truncate(self.text.len().saturating_sub(excess));
        if self.inflater.total_out() > written {
            // Damage behind this text is met by the next call, if there is one.
            return Ok(());
        }
        inflated.map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a stored block", error))?;
        if self.inflater.total_in() > read { Ok(()) } else { Err(damaged()) }
    }

    /// Finds the ends of rows. Returns the end of the last one.
    fn find_rows(&mut self) -> usize {
        for at in memchr::memchr2_iter(b'"', b'\n', &self.text[self.scanned..]) {
            let at = self.scanned + at;
            match self.text[at] {
                b'"' => self.in_quotes = !self.in_quotes,
                _ if !self.in_quotes => self.ends.push(at + 1),
                _ => {}
            }
        }
        self.scanned = self.text.len();
        self.ends.last().copied().unwrap_or(0)
    }

    /// Forgets rows that were given.
    fn forget(&mut self, whole: usize) {
        self.text.drain(..whole);
        self.scanned -= whole;
        self.ends.clear();
    }
}
