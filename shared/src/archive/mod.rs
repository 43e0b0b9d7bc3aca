//! The archive format: cells, entry names, zip records, composing, the manifest. Plain readers and writers; no AWS type.

pub mod compose;
pub mod contents;
pub mod csv;
pub mod manifest;
pub mod names;
pub mod zip;
