//! The archive format: cells, entry names, zip records, composing, the manifest. Plain readers and writers; no AWS type.

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
