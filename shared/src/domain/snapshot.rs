//! What a snapshot of a CRM consists of. Rows lie in *blocks*, small attachments in *packs*, large ones in objects of their
//! own. All of them are named by what they contain, so that the next snapshot refers to those that have not changed.

use serde::{Deserialize, Serialize};

use super::crm::Attachment;
use super::zip_entry::ZipEntry;

/// Consecutive rows of a module: CSV in the default form, deflated, ended at a byte boundary without a final block (RFC
/// 1951), so that blocks can follow one another in a zip entry. The row index follows in the same object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Name of the object.
    pub object: String,
    /// Number of rows.
    pub rows: u64,
    /// Size of the CSV text in bytes.
    pub text_bytes: u64,
    /// Size of the deflated text in bytes.
    pub bytes: u64,
    /// Size of the row index in bytes.
    pub index_bytes: u64,
    /// CRC-32 of the text.
    pub crc32: u32,
    /// CRC-32 of the deflated text.
    pub stored_crc32: u32,
    /// SHA-256 of the text as lower-case hexadecimal digits.
    pub sha256: String,
}

/// Consecutive attachments of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRun {
    /// Finished zip entries, one after the other. A list of them follows in the same object.
    Pack(Pack),
    /// The body of the zip entry of a single large attachment.
    Large(Box<LargeFile>),
}

/// Zip entries in one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Name of the object.
    pub object: String,
    /// Number of attachments.
    pub count: u64,
    /// Size of the entries in bytes, with their headers.
    pub bytes: u64,
    /// Size of the list in bytes.
    pub list_bytes: u64,
    /// CRC-32 of entries and list.
    pub stored_crc32: u32,
    /// Record and name of the first attachment, which stand for all of them should the object be lost.
    pub first: (String, String),
}

/// A large attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeFile {
    /// Name of the object, which holds the entry's compressed bytes only.
    pub object: String,
    pub file: StoredFile,
}

/// An attachment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// The headers of its zip entry.
    pub entry: ZipEntry,
    /// Position of the local header in its pack; 0 for a large file.
    pub offset: u64,
    /// CRC-32 of what is stored: in a pack the local header and the compressed bytes, of a large file the compressed bytes.
    pub stored_crc32: u32,
    /// SHA-256 of the file as lower-case hexadecimal digits.
    pub sha256: String,
    pub attachment: Attachment,
}

impl FileRun {
    /// Number of attachments.
    pub fn count(&self) -> u64 {
        match self {
            Self::Pack(pack) => pack.count,
            Self::Large(_) => 1,
        }
    }

    /// Name of the object.
    pub fn object(&self) -> &str {
        match self {
            Self::Pack(pack) => &pack.object,
            Self::Large(large) => &large.object,
        }
    }
}
