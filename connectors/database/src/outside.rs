//! Files that a CRM keeps outside its database.

use std::path::PathBuf;
use std::sync::Arc;

use hozon_shared::domain::file_place::{FilePlace, path_below};
use hozon_shared::ports::{FileBuckets, FileBytes, SourceError};

use crate::folder::open_below;

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
}
