//! An entry of a zip, as its headers describe it.

use serde::{Deserialize, Serialize};

/// Compression method of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Stored,
    Deflated,
}

/// Header fields of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZipEntry {
    /// Path with `/` between its parts; at most 65,535 bytes.
    pub name: String,
    pub method: Method,
    /// CRC-32 of the uncompressed bytes.
    pub crc32: u32,
    /// Size in the zip.
    pub compressed: u64,
    /// Size when unpacked.
    pub uncompressed: u64,
}
