//! The archive format: cells, entry names, zip records, composition, and the manifest. Plain readers and writers
//! without AWS types.

pub mod cells;
pub mod compose;
pub mod contents;
pub mod csv;
mod formulas;
#[cfg(test)]
mod golden;
mod lookalikes;
pub mod manifest;
pub mod names;
mod typed;
mod words;
pub mod zip;

/// Number of the format of a segment: CSV, compression and entry headers. Segments of another number are not reused, so every change of the
/// bytes that the same input gives raises it; the test `golden` tells such changes.
pub const SEGMENT_FORMAT: u32 = 4;
