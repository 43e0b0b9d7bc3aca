//! The archive format: cells, entry names, zip records, composition, and the manifest. Plain readers and writers
//! without AWS types.

mod cell_bytes;
pub mod cells;
pub mod checksum;
pub mod compose;
pub mod compressible;
pub mod contents;
pub mod csv;
pub mod csv_rows;
pub mod encoder;
pub mod file_check;
mod formulas;
mod glances;
#[cfg(test)]
mod golden;
mod lookalikes;
pub mod manifest;
pub mod names;
mod typed;
mod words;
pub mod zip;
pub mod zoho_layout;

/// Deflate level of everything that Hozon writes. Its output is at most 3% larger than that of zip -6. It is fixed, because a block that
/// is stored already is found by what it contains.
pub const LEVEL: u32 = 4;

/// Number of the format of stored blocks and packs: CSV, compression, entry headers, row index. It is part of their names, so every change
/// of the bytes that the same input gives raises it; the test `golden` tells such changes.
pub const STORED_FORMAT: u32 = 6;

/// Size in bytes above which a cell of a CSV file is always quoted and marked.
const LONG_CELL: usize = 1 << 20;
