//! Object storage: whole objects, multipart uploads and signed links.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{ErrorKind, PortError};
use crate::domain::plain_link::LinkedFile;

/// The buckets, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Zips, and the work objects from which they are composed.
    Archives,
    /// Records and attachments of the native CRM store.
    Crm,
}

/// Bucket and key of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    pub bucket: Bucket,
    pub key: String,
}

impl ObjectRef {
    /// Refers to an object in the archives bucket.
    pub fn archives(key: impl Into<String>) -> Self {
        Self { bucket: Bucket::Archives, key: key.into() }
    }

    /// Refers to an object in the CRM bucket.
    pub fn crm(key: impl Into<String>) -> Self {
        Self { bucket: Bucket::Crm, key: key.into() }
    }
}

/// Metadata of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Size in bytes.
    pub size: u64,
    pub etag: String,
    /// When the object was last written.
    pub modified: DateTime<Utc>,
}

/// Streamed bytes of an object. A truncated transfer ends with an error, never with a short body.
pub type ObjectBody = BoxStream<'static, Result<Bytes, PortError>>;

/// Stores and reads whole objects. Writes are atomic: a reader sees the old object or the new one.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes an object and replaces an existing one.
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError>;
    /// Reads an object, or a range of it up to the object's end. The call itself, not the stream, fails with `NotFound`
    /// if the object does not exist. An empty range reads nothing, whether or not the object exists.
    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError>;
    /// Returns an object's metadata, or `None` if it does not exist.
    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError>;
    /// Deletes an object. Deleting an absent object succeeds.
    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError>;
    /// Deletes all objects with the given keys in as few requests as possible. Absent objects are no error. If some
    /// cannot be deleted, the call fails and says how many; the others may be gone, and the call may be repeated.
    async fn delete_all(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError>;
    /// Lists all keys with a prefix, in ascending order.
    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError>;
}

/// Reads a whole object into memory. Fails with `NotFound` if it does not exist.
pub async fn read_all(objects: &dyn Objects, at: &ObjectRef) -> Result<Bytes, PortError> {
    let mut body = objects.get(at, None).await?;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Reads a JSON document. Fails with `Corrupt` if it is another one; `what` is the operation for the log.
pub async fn read_json<T: DeserializeOwned>(objects: &dyn Objects, at: &ObjectRef, what: &'static str) -> Result<T, PortError> {
    let json = read_all(objects, at).await?;
    serde_json::from_slice(&json).map_err(|error| PortError::with(ErrorKind::Corrupt, what, error))
}

/// Reads a JSON document as [`read_json`] does; `None` if there is none.
pub async fn find_json<T: DeserializeOwned>(
    objects: &dyn Objects,
    at: &ObjectRef,
    what: &'static str,
) -> Result<Option<T>, PortError> {
    match read_json(objects, at, what).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Writes a JSON document, in place of the one before. `what` is the operation for the log.
pub async fn put_json(
    objects: &dyn Objects,
    at: &ObjectRef,
    document: &impl Serialize,
    what: &'static str,
) -> Result<(), PortError> {
    let json = serde_json::to_vec(document).map_err(|error| PortError::with(ErrorKind::Corrupt, what, error))?;
    objects.put(at, json.into(), "application/json").await
}

/// Identifies a multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadId(pub String);

/// The store's receipt for an uploaded part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTag {
    pub etag: String,
    /// CRC-32 computed by the store, in the store's encoding; `None` if the store computes none.
    pub crc32: Option<String>,
}

/// Composes objects from parts. Nothing becomes visible before `complete`. Parts may be sent in any order, and a part
/// that is sent again replaces the first one. Every part except the last has at least 5 MiB.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Starts an upload.
    async fn begin(&self, at: &ObjectRef, content_type: &str) -> Result<UploadId, PortError>;
    /// Uploads a part. Part numbers run from 1 to 10,000.
    async fn part(&self, at: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError>;
    /// Copies a range of another object into a part, inside the store.
    async fn copy_part(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        number: i32,
        from: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError>;
    /// Assembles the parts in the given order; part `i` of the list has number `i + 1`. Fails with `Corrupt` if the
    /// CRC-32 of the whole object differs from the given one; nothing becomes visible then.
    async fn complete(&self, at: &ObjectRef, upload: &UploadId, parts: Vec<PartTag>, crc32: Option<u32>)
    -> Result<(), PortError>;
    /// Aborts an upload and frees its parts.
    async fn abort(&self, at: &ObjectRef, upload: &UploadId) -> Result<(), PortError>;
}

/// Creates download links.
#[async_trait]
pub trait Links: Send + Sync {
    /// Returns a presigned link that serves an object of the archives bucket under the given file name. `valid` is at
    /// most seven days.
    async fn sign(&self, at: &ObjectRef, file_name: &str, now: DateTime<Utc>, valid: Duration) -> Result<String, PortError>;
    /// Returns a link without a query string that works until `until`, or `None` where the deployment serves no such
    /// links.
    async fn plain(&self, file: &LinkedFile, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<String>, PortError>;
}
