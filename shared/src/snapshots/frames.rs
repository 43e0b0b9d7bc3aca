//! Encoding of rows in a block of the store.
//!
//! A block is a sequence of *frames*. A frame consists of a header (number of rows `u32`, size of the lengths in
//! bytes `u32`, size of the text in bytes `u64`, little-endian), the length of every cell as LEB128, and the text of
//! all cells. UTF-8 is validated once for a frame's whole text, and cells are slices of it. A row above
//! [`crate::domain::rows::LONG_ROW`] has a frame of its own, which is read in parts, so that memory does not grow
//! with the size of a cell. A length is stored as itself plus one, and NULL as zero.
//!
//! Encoding 2 had no NULL: its lengths are stored as they are, and its empty cells are read as NULL, as which they were
//! written.

/// Text size in bytes at which a frame ends, chosen to fit the processor's cache.
pub(super) const FRAME: usize = 64 << 10;
/// Size of a frame header in bytes.
pub(super) const HEADER: usize = 16;
/// Maximum size of a LEB128 length in bytes.
pub(super) const MAX_LENGTH_BYTES: usize = 10;
