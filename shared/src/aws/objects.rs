//! Whole objects in S3.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime as SdkDateTime};
use aws_sdk_s3::types::{Delete, Error as KeyError, ObjectIdentifier, ObjectLockMode};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::errors::{body_error, kind_of_code, port_error};
use super::lazily::Lazily;
use crate::ports::{Bucket, Clock, ErrorKind, ObjectBody, ObjectHead, ObjectRef, Objects, PortError};
use crate::settings::{LockMode, ZipLock};

/// Key prefix of finished zips.
const ZIPS: &str = "archives/";
/// Maximum number of keys in one request (S3 API reference: DeleteObjects).
const KEYS_PER_REQUEST: usize = 1_000;
/// Maximum number of concurrent requests for the deletion of many objects.
const DELETIONS_IN_FLIGHT: usize = 4;
const DELETE_ALL: &str = "delete objects";

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

/// Objects that S3 refused to delete. The keys are left out, because they contain names of files.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {asked} objects could not be deleted; the first error is {code}")]
struct NotDeleted {
    failed: usize,
    asked: usize,
    code: String,
}

/// Stores objects and uploads in S3.
pub struct S3Objects {
    pub(super) client: Lazily<Client>,
    pub(super) buckets: Buckets,
    pub(super) locks: Locks,
}

/// Object lock settings for finished zips, and the clock from which the retention period is counted.
pub struct Locks {
    pub lock: Option<ZipLock>,
    pub clock: Arc<dyn Clock>,
}

impl Locks {
    /// Returns the lock mode and end for a new object; `None` for objects that are never locked, such as work objects.
    pub(super) fn of(&self, at: &ObjectRef) -> Option<(ObjectLockMode, SdkDateTime)> {
        let lock = self.lock.filter(|_| at.bucket == Bucket::Archives && at.key.starts_with(ZIPS))?;
        let mode = match lock.mode {
            LockMode::Governance => ObjectLockMode::Governance,
            LockMode::Compliance => ObjectLockMode::Compliance,
        };
        let until = self.clock.now() + TimeDelta::days(lock.days.into());
        Some((mode, SdkDateTime::from_secs(until.timestamp())))
    }
}

impl S3Objects {
    pub(super) fn new(client: Lazily<Client>, buckets: Buckets, locks: Locks) -> Self {
        Self { client, buckets, locks }
    }

    /// Deletes at most as many objects as one request may name. The SDK adds the checksum that S3 requires for it.
    async fn delete_up_to_a_request(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError> {
        let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect::<Result<Vec<_>, _>>();
        let delete = objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        let delete = delete.map_err(|error| PortError::with(ErrorKind::Refused, DELETE_ALL, error))?;
        let request = self.client.delete_objects().bucket(self.buckets.name(bucket)).delete(delete);
        let answer = request.send().await.map_err(port_error(DELETE_ALL))?;
        refusals(keys.len(), answer.errors())
    }
}

/// Fails if S3 refused to delete some of the objects. It answers 200 then, with an error for each of them.
pub(super) fn refusals(asked: usize, errors: &[KeyError]) -> Result<(), PortError> {
    let code = |error: &KeyError| error.code().unwrap_or("no code").to_owned();
    let kind = |code: &str| kind_of_code(code).unwrap_or(ErrorKind::Refused);
    let mut codes = errors.iter().map(code).filter(|code| kind(code) != ErrorKind::NotFound);
    let Some(first) = codes.next() else { return Ok(()) };
    let kind = kind(&first);
    Err(PortError::with(kind, DELETE_ALL, NotDeleted { failed: 1 + codes.count(), asked, code: first }))
}

#[async_trait]
impl Objects for S3Objects {
    async fn put(&self, at: &ObjectRef, body: Bytes, content_type: &str) -> Result<(), PortError> {
        let request = self.client.put_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let (mode, until) = self.locks.of(at).unzip();
        let request = request.set_object_lock_mode(mode).set_object_lock_retain_until_date(until);
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
        let size = answer.content_length.and_then(|size| u64::try_from(size).ok());
        // An object without a date would count as old, and be deleted.
        let missing = || PortError::new(ErrorKind::Corrupt, "head an object");
        let (size, modified) = (size.ok_or_else(missing)?, modified.ok_or_else(missing)?);
        Ok(Some(ObjectHead { size, etag: answer.e_tag.unwrap_or_default(), modified }))
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        let request = self.client.delete_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        match request.send().await.map_err(port_error("delete an object")) {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn delete_all(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError> {
        let requests: Vec<_> = keys.chunks(KEYS_PER_REQUEST).map(|keys| self.delete_up_to_a_request(bucket, keys)).collect();
        stream::iter(requests).buffer_unordered(DELETIONS_IN_FLIGHT).try_collect().await
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

pub(super) fn body_of(body: ByteStream) -> ObjectBody {
    stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match body.next().await? {
            Ok(chunk) => Some((Ok(chunk), Some(body))),
            Err(error) => Some((Err(body_error("read an object", error)), None)),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SystemClock;
    use crate::telemetry::Causes;

    #[test]
    fn only_finished_zips_are_locked_and_only_where_they_are_to_be() {
        let lock = Some(ZipLock { mode: LockMode::Compliance, days: 30 });
        let locks = |lock| Locks { lock, clock: Arc::new(SystemClock) };
        let (mode, until) = locks(lock).of(&ObjectRef::archives("archives/1/2/Data_001.zip")).expect("is locked");
        assert_eq!(mode, ObjectLockMode::Compliance);
        let days = (until.secs() - SystemClock.now().timestamp()).div_euclid(86_400);
        assert!((29..=30).contains(&days), "{days}");
        for key in ["work/1/2/plan.json", "contents/1/2.json"] {
            assert!(locks(lock).of(&ObjectRef::archives(key)).is_none(), "{key}");
        }
        assert!(locks(lock).of(&ObjectRef::crm("archives/1")).is_none());
        assert!(locks(None).of(&ObjectRef::archives("archives/1/2/Data_001.zip")).is_none());
    }

    #[test]
    fn refused_deletions_are_counted_and_absent_objects_are_not() {
        let errors = ["NoSuchKey", "SlowDown", "AccessDenied"].map(|code| KeyError::builder().key("a").code(code).build());
        assert!(refusals(9, &errors[..1]).is_ok() && refusals(9, &[]).is_ok());
        let error = refusals(9, &errors).expect_err("two are refused");
        assert_eq!(error.kind, ErrorKind::Unavailable, "a later attempt may succeed");
        assert_eq!(
            Causes(&error).to_string(),
            "delete objects: Unavailable: 2 of 9 objects could not be deleted; the first error is SlowDown"
        );
        assert_eq!(refusals(1, &errors[2..]).expect_err("is refused").kind, ErrorKind::Refused);
    }
}
