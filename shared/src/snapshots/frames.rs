//! The encoding of rows in a block of the store. A block is a sequence of *frames*; a frame has a header (rows `u32`, bytes of lengths
//! `u32`, bytes of text `u64`, little-endian), then the length of every cell as LEB128, then the text of all cells. A frame's text is
//! validated once, as a whole, and its cells are slices of it. A row over [`crate::domain::rows::LONG_ROW`] has a frame of its own, which is
//! read in parts, so that memory stays the same whatever the size of a cell. NULL has no encoding: a NULL cell is stored as an empty one.

/// Bytes of text at which a frame is ended: it stays in the processor's cache.
pub(super) const FRAME: usize = 64 << 10;
/// Bytes of a frame's header.
pub(super) const HEADER: usize = 16;
/// Most bytes of a length in LEB128.
pub(super) const MAX_LENGTH_BYTES: usize = 10;
