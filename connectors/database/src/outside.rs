//! Files that a CRM keeps outside its database.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use hozon_shared::domain::digest::Digester;
use hozon_shared::domain::file_place::{FilePlace, path_below};
use hozon_shared::domain::writing::{FileHashes, Refusal, WriteOutcome};
use hozon_shared::ports::{FileBuckets, FileBytes, SourceError};

use crate::folder::open_below;
use crate::folder_writing::write_below;

/// A place of files that can be read.
#[derive(Clone)]
pub struct OutsideFiles {
    place: FilePlace,
    buckets: Arc<dyn FileBuckets>,
}

impl OutsideFiles {
    /// Files at that place, which may be in one of the buckets.
    pub fn new(place: FilePlace, buckets: Arc<dyn FileBuckets>) -> Self {
        Self { place, buckets }
    }

    /// Opens the file that a path from the database leads to; `None` if it is not there, cannot be read, or is not below the place.
    pub async fn open(&self, path: &str) -> Result<Option<FileBytes>, SourceError> {
        match &self.place {
            FilePlace::Folder(folder) => Ok(open_below(PathBuf::from(folder), path.to_owned()).await),
            FilePlace::Bucket { name, prefix } => match path_below(path) {
                Some(parts) => self.buckets.open(name, &format!("{prefix}{}", parts.join("/"))).await,
                None => Ok(None),
            },
        }
    }

    /// Writes the file that a path from the database leads to, unless other bytes lie there than were seen. Files are written into folders
    /// only.
    pub async fn write(&self, path: &str, hashes: &FileHashes, bytes: &FileBytes) -> Result<WriteOutcome, SourceError> {
        let FilePlace::Folder(folder) = &self.place else {
            return Ok(WriteOutcome::Refused { reason: Refusal::Unsupported });
        };
        let now = match self.open(path).await? {
            Some(found) => Some(sha256(&found).await?),
            None => None,
        };
        match hashes.leave(now.as_deref()) {
            Some(left) => Ok(left),
            None => write_below(PathBuf::from(folder), path, bytes).await,
        }
    }
}

/// SHA-256 of a file as lower-case hexadecimal digits.
async fn sha256(bytes: &FileBytes) -> Result<String, SourceError> {
    let (mut pieces, mut digester) = (bytes.read(), Digester::default());
    while let Some(piece) = pieces.try_next().await? {
        digester.update(&piece);
    }
    Ok(digester.finish().sha256)
}
