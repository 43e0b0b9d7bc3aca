//! Object storage.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::PortError;
use crate::domain::plain_link::LinkedFile;

/// The buckets, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Zips, and the work objects that they are composed of.
    Archives,
    /// The native CRM store's records and attachments.
    Crm,
}

/// Names an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The bucket.
    pub bucket: Bucket,
    /// The key in it.
    pub key: String,
}

impl ObjectRef {
    /// An object of the archives bucket.
    pub fn archives(key: impl Into<String>) -> Self {
        Self { bucket: Bucket::Archives, key: key.into() }
    }

    /// An object of the CRM bucket.
    pub fn crm(key: impl Into<String>) -> Self {
        Self { bucket: Bucket::Crm, key: key.into() }
    }
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// The store's tag of its contents.
    pub etag: String,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

/// An object's bytes as they arrive. An early end is an error of the stream, never a short object.
pub type ObjectBody = BoxStream<'static, Result<Bytes, PortError>>;

/// Whole objects. Writes are atomic: a reader sees the old object or the new one.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes an object, replacing one that is there.
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError>;
    /// Reads an object or a range of it, as far as it goes. `NotFound` when it is absent; the call itself says so, not the stream. Of an
    /// empty range nothing is read, whether the object is there or not.
    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError>;
    /// Tells of an object; `None` when it is absent.
    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError>;
    /// Deletes an object; an absent one is no error.
    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError>;
    /// Lists all keys with a prefix, in order.
    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError>;
}

/// Reads a whole object into memory. `NotFound` when it is absent.
pub async fn read_all(objects: &dyn Objects, at: &ObjectRef) -> Result<Bytes, PortError> {
    let mut body = objects.get(at, None).await?;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Names a multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadId(pub String);

/// The store's receipt for a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTag {
    /// Its tag.
    pub etag: String,
    /// The checksum that the store counted, in its own spelling; none where it counts none.
    pub crc32: Option<String>,
}

/// Objects made of parts. Nothing is visible until `complete`. Parts may be sent in any order, a part sent again replaces the
/// first; every part but the last has at least 5 MiB.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Begins an upload.
    async fn begin(&self, at: &ObjectRef, content_type: &str) -> Result<UploadId, PortError>;
    /// Sends a part. Numbers run from 1 to 10,000.
    async fn part(&self, at: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError>;
    /// Makes a part from a range of another object, inside the store.
    async fn copy_part(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        number: i32,
        from: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError>;
    /// Puts the parts together, in this order; part `i` of the list has number `i + 1`. `Corrupt` when the whole has another CRC-32 than the
    /// one given: then nothing becomes visible.
    async fn complete(&self, at: &ObjectRef, upload: &UploadId, parts: Vec<PartTag>, crc32: Option<u32>)
    -> Result<(), PortError>;
    /// Gives up an upload and frees its parts.
    async fn abort(&self, at: &ObjectRef, upload: &UploadId) -> Result<(), PortError>;
}

/// Signs links.
#[async_trait]
pub trait Links: Send + Sync {
    /// A link that serves an object of the archives bucket under that file name for that long, at most seven days.
    async fn sign(&self, at: &ObjectRef, file_name: &str, now: DateTime<Utc>, valid: Duration) -> Result<String, PortError>;
    /// A link without a query to a zip, which works until then; `None` where nothing serves such links.
    async fn plain(&self, file: &LinkedFile, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<String>, PortError>;
}
