//! Objects of a store that lie over those of another one, which is only read.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectBody, ObjectHead, ObjectRef, Objects, PortError};

/// Reads objects of `own`, and those of `below` that it does not have. Writes and deletes concern `own` only.
pub struct LayeredObjects {
    pub own: Arc<dyn Objects>,
    pub below: Arc<dyn Objects>,
}

#[async_trait]
impl Objects for LayeredObjects {
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError> {
        self.own.put(at, body, content_type).await
    }

    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        match self.own.get(at, range.clone()).await {
            Err(error) if error.kind == ErrorKind::NotFound => self.below.get(at, range).await,
            read => read,
        }
    }

    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError> {
        match self.own.head(at).await? {
            None => self.below.head(at).await,
            found => Ok(found),
        }
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        self.own.delete(at).await
    }

    async fn delete_all(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError> {
        self.own.delete_all(bucket, keys).await
    }

    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError> {
        let mut keys: BTreeSet<String> = self.below.list(bucket, prefix).await?.into_iter().collect();
        keys.extend(self.own.list(bucket, prefix).await?);
        Ok(keys.into_iter().collect())
    }
}
