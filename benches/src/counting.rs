//! Counts the requests to the object store, and the bytes transferred in both directions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::ports::{Bucket, ObjectBody, ObjectHead, ObjectRef, Objects, PartTag, PortError, UploadId, Uploads};

/// Number of requests by kind, and of bytes.
#[derive(Debug, Clone, Default)]
pub struct Counts(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Counts {
    fn add(&self, what: &'static str, amount: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += amount;
    }

    /// Returns all counts so far.
    pub fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An object store whose requests are counted.
pub struct Counted<T: ?Sized> {
    pub store: Arc<T>,
    pub counts: Counts,
}

#[async_trait]
impl Objects for Counted<dyn Objects> {
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError> {
        self.counts.add("put", 1);
        self.counts.add("sent", body.len() as u64);
        self.store.put(at, body, content_type).await
    }

    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        self.counts.add("get", 1);
        let counts = self.counts.clone();
        let body = self.store.get(at, range).await?;
        Ok(body.inspect_ok(move |chunk| counts.add("received", chunk.len() as u64)).boxed())
    }

    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError> {
        self.counts.add("head", 1);
        self.store.head(at).await
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        self.counts.add("delete", 1);
        self.store.delete(at).await
    }

    async fn delete_all(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError> {
        self.counts.add("delete_all", keys.len().div_ceil(1000) as u64);
        self.store.delete_all(bucket, keys).await
    }

    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError> {
        let keys = self.store.list(bucket, prefix).await?;
        self.counts.add("list", 1 + keys.len() as u64 / 1000);
        Ok(keys)
    }
}

#[async_trait]
impl Uploads for Counted<dyn Uploads> {
    async fn begin(&self, at: &ObjectRef, content_type: &str) -> Result<UploadId, PortError> {
        self.counts.add("begin", 1);
        self.store.begin(at, content_type).await
    }

    async fn part(&self, at: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError> {
        self.counts.add("part", 1);
        self.counts.add("sent", body.len() as u64);
        self.store.part(at, upload, number, body).await
    }

    async fn copy_part(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        number: i32,
        from: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError> {
        self.counts.add("copy", 1);
        self.counts.add("copied", range.end - range.start);
        self.store.copy_part(at, upload, number, from, range).await
    }

    async fn complete(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        parts: Vec<PartTag>,
        crc32: Option<u32>,
    ) -> Result<(), PortError> {
        self.counts.add("complete", 1);
        self.store.complete(at, upload, parts, crc32).await
    }

    async fn abort(&self, at: &ObjectRef, upload: &UploadId) -> Result<(), PortError> {
        self.counts.add("abort", 1);
        self.store.abort(at, upload).await
    }
}
