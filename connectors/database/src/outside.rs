//! Files that a CRM keeps outside its database.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use hozon_shared::domain::file_place::{FilePlace, path_below};
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
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

    /// Writes the file that a path from the database leads to. Files are written into folders only.
    pub async fn write(&self, path: &str, bytes: &FileBytes) -> Result<WriteOutcome, SourceError> {
        let FilePlace::Folder(folder) = &self.place else {
            return Ok(WriteOutcome::Refused { reason: Refusal::Unsupported });
        };
        if let Some(found) = self.open(path).await?
            && is_same(&found, bytes).await?
        {
            return Ok(WriteOutcome::AlreadyThere);
        }
        write_below(PathBuf::from(folder), path, bytes).await
    }
}

/// Whether two files have the same bytes, in whatever pieces they come.
async fn is_same(found: &FileBytes, wanted: &FileBytes) -> Result<bool, SourceError> {
    let (mut found, mut wanted) = (found.read(), wanted.read());
    let (mut a, mut b) = (Bytes::new(), Bytes::new());
    loop {
        if a.is_empty() {
            a = found.try_next().await?.unwrap_or_default();
        }
        if b.is_empty() {
            b = wanted.try_next().await?.unwrap_or_default();
        }
        let length = a.len().min(b.len());
        if length == 0 {
            return Ok(a.len() == b.len());
        }
        if a.split_to(length) != b.split_to(length) {
            return Ok(false);
        }
    }
}
