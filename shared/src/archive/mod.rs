//! The archive format: cells, entry names, zip records, composition, and the manifest. Plain readers and writers
//! without AWS types.

pub mod cells;
pub mod compose;
pub mod contents;
pub mod csv;
mod formulas;
mod lookalikes;
pub mod manifest;
pub mod names;
mod typed;
mod words;
pub mod zip;
