//! Whole objects in S3.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream;

use super::Lazily;
use super::errors::port_error;
use crate::ports::{Bucket, ErrorKind, ObjectBody, ObjectHead, ObjectRef, Objects, PortError};

/// Names of the buckets.
#[derive(Clone)]
pub struct Buckets {
    pub archives: String,
    pub crm: String,
}

impl Buckets {
    pub(super) fn name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Archives => &self.archives,
            Bucket::Crm => &self.crm,
        }
    }
}

/// S3, for objects and uploads.
pub struct S3Objects {
    pub(super) client: Lazily<Client>,
    pub(super) buckets: Buckets,
}

impl S3Objects {
    pub(super) fn new(client: Lazily<Client>, buckets: Buckets) -> Self {
        Self { client, buckets }
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError> {
        let request = self.client.put_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.content_type(content_type).body(ByteStream::from(body));
        request.send().await.map(drop).map_err(port_error("put an object"))
    }

    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(stream::empty().boxed());
        }
        let range = range.map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        let request = self.client.get_object().bucket(self.buckets.name(at.bucket)).key(&at.key).set_range(range);
        let answer = request.send().await.map_err(port_error("get an object"))?;
        Ok(body_of(answer.body))
    }

    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError> {
        let request = self.client.head_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let answer = match request.send().await.map_err(port_error("head an object")) {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let modified = answer.last_modified.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()));
        Ok(Some(ObjectHead {
            size: answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            etag: answer.e_tag.unwrap_or_default(),
            modified: modified.unwrap_or(DateTime::<Utc>::UNIX_EPOCH),
        }))
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        let request = self.client.delete_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        match request.send().await.map_err(port_error("delete an object")) {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError> {
        let mut keys = Vec::new();
        let mut token = None;
        loop {
            let request = self.client.list_objects_v2().bucket(self.buckets.name(bucket)).prefix(prefix);
            let answer = request.set_continuation_token(token).send().await.map_err(port_error("list objects"))?;
            keys.extend(answer.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
            token = answer.next_continuation_token;
            if token.is_none() {
                return Ok(keys);
            }
        }
    }
}

fn body_of(body: ByteStream) -> ObjectBody {
    stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match body.next().await? {
            Ok(chunk) => Some((Ok(chunk), Some(body))),
            Err(error) => Some((Err(PortError::with(ErrorKind::Unavailable, "read an object", error)), None)),
        }
    })
    .boxed()
}
