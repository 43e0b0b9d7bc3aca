//! Differences between an archive and its manifest.

use std::fmt;

use super::structure::FrameFault;
use crate::import::ImportError;

/// The first difference found.
#[derive(Debug)]
pub struct Difference {
    pub zip: String,
    /// The entry; empty if the zip as a whole differs.
    pub entry: String,
    pub what: DifferenceKind,
}

/// Kinds of differences.
#[derive(Debug, thiserror::Error)]
pub enum DifferenceKind {
    /// The zip or entry cannot be read: it is damaged, or its CRC or size differs from its header.
    #[error("cannot be read: {}", causes(.0))]
    Unreadable(ImportError),
    /// The zip has Zoho's layout, in which there is no manifest.
    #[error(
        "has no manifest, because it is in Zoho's layout. Every entry could be read and has its CRC-32, but there is nothing to compare rows and files with"
    )]
    ZohoLayout,
    /// The manifest cannot be parsed.
    #[error("cannot be parsed: {0}")]
    NoManifest(serde_json::Error),
    /// The manifest has another format or version.
    #[error("has the format {format} version {version}, which is not supported")]
    OtherFormat { format: String, version: u32 },
    /// The manifest lists an entry twice.
    #[error("is in the manifest twice")]
    ListedTwice,
    /// The zip contains an entry twice.
    #[error("is in the zip twice")]
    Twice,
    /// The zip contains an entry that the manifest does not list.
    #[error("is not in the manifest")]
    NotListed,
    /// The manifest lists an entry that the zip does not contain.
    #[error("is missing")]
    Missing,
    /// Strict readers reject or misread it.
    #[error(transparent)]
    Frame(FrameFault),
    /// The sizes differ.
    #[error("has {found} bytes where the manifest has {manifest}")]
    Bytes { manifest: u64, found: u64 },
    /// The contents differ.
    #[error("has a different SHA-256 than the manifest")]
    Sha256,
    /// The numbers of rows differ.
    #[error("has {} rows where the manifest has {}", shown(.found), shown(.manifest))]
    Rows { manifest: Option<u64>, found: Option<u64> },
    /// The attachment index differs.
    #[error("is missing in attachments.csv or differs from it in size or SHA-256, or is listed only there")]
    Index,
}

impl Difference {
    pub(super) fn of(zip: &str, entry: &str, what: DifferenceKind) -> Self {
        Self { zip: zip.to_owned(), entry: entry.to_owned(), what }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry.as_str() {
            "" => write!(f, "{} {}", self.zip, self.what),
            entry => write!(f, "{}: {entry} {}", self.zip, self.what),
        }
    }
}

impl std::error::Error for Difference {}

fn causes(error: &ImportError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn shown(rows: &Option<u64>) -> String {
    rows.map_or_else(|| "no counted".to_owned(), |rows| rows.to_string())
}
