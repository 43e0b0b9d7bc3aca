//! Where an archive is not what its manifest says.

use std::fmt;

use super::structure::FrameFault;
use crate::import::ImportError;

/// The first difference that was found.
#[derive(Debug)]
pub struct Difference {
    /// The zip.
    pub zip: String,
    /// The entry; empty where the zip as a whole is meant.
    pub entry: String,
    /// What is wrong with it.
    pub what: DifferenceKind,
}

/// The kinds of differences.
#[derive(Debug, thiserror::Error)]
pub enum DifferenceKind {
    /// The zip or the entry cannot be read: damaged, or its CRC or size is not the header's.
    #[error("cannot be read: {}", causes(.0))]
    Unreadable(ImportError),
    /// The manifest is no manifest.
    #[error("is not understood: {0}")]
    NoManifest(serde_json::Error),
    /// The manifest belongs to another format or version.
    #[error("has the format {format} version {version}, which is not known here")]
    OtherFormat {
        /// Its format.
        format: String,
        /// Its version.
        version: u32,
    },
    /// The manifest lists an entry twice.
    #[error("is in the manifest twice")]
    ListedTwice,
    /// The zip has an entry twice.
    #[error("is in the zip twice")]
    Twice,
    /// The zip has an entry that the manifest does not have.
    #[error("is not in the manifest")]
    NotListed,
    /// The manifest has an entry that the zip does not have.
    #[error("is missing")]
    Missing,
    /// Strict readers refuse or misread it.
    #[error(transparent)]
    Frame(FrameFault),
    /// The sizes differ.
    #[error("has {found} bytes where the manifest has {manifest}")]
    Bytes {
        /// As the manifest has it.
        manifest: u64,
        /// As it is.
        found: u64,
    },
    /// The contents differ.
    #[error("has another SHA-256 than the manifest says")]
    Sha256,
    /// The numbers of rows differ.
    #[error("has {} rows where the manifest has {}", shown(.found), shown(.manifest))]
    Rows {
        /// As the manifest has it.
        manifest: Option<u64>,
        /// As it is.
        found: Option<u64>,
    },
    /// The index of attachments says something else.
    #[error("is not in attachments.csv with its size and SHA-256, or is there alone")]
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
