//! Versions of objects in S3. A bucket without versions lists each object as its own current version.

use async_trait::async_trait;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use chrono::{DateTime, Utc};

use super::errors::port_error;
use super::objects::{S3Objects, refusals};
use crate::ports::{Bucket, ErrorKind, PortError, Versions};

const LIST: &str = "list versions of objects";
const FORGET: &str = "delete versions of objects";
const ASK: &str = "read the lock of an object";
/// S3's answer about an object that was never locked (S3 API reference: GetObjectRetention).
const NO_LOCK: &str = "NoSuchObjectLockConfiguration";

/// Names a version of an object.
struct VersionName {
    key: String,
    version: String,
}

#[async_trait]
impl Versions for S3Objects {
    async fn locked_until(&self, bucket: Bucket, prefix: &str) -> Result<Option<DateTime<Utc>>, PortError> {
        if self.locks.lock.is_none() {
            return Ok(None);
        }
        let (mut last, mut start) = (None, None);
        loop {
            let page = self.versions(bucket, prefix, start).await?;
            for version in page.versions().iter().filter(|version| version.is_latest() != Some(true)) {
                let (Some(key), Some(id)) = (version.key(), version.version_id()) else { continue };
                last = last.max(self.lock_of(bucket, key, id).await?);
            }
            start = next_page(&page);
            if start.is_none() {
                let now = self.locks.clock.now();
                return Ok(last.filter(|until| *until > now));
            }
        }
    }

    async fn forget_earlier(&self, bucket: Bucket, prefix: &str) -> Result<u64, PortError> {
        let (mut deleted, mut start) = (0, None);
        loop {
            let page = self.versions(bucket, prefix, start).await?;
            let earlier = earlier(&page);
            self.delete_versions(bucket, &earlier).await?;
            deleted += earlier.len() as u64;
            start = next_page(&page);
            if start.is_none() {
                return Ok(deleted);
            }
        }
    }
}

impl S3Objects {
    /// Lists a page of versions; at most 1,000, as many as one request deletes.
    async fn versions(
        &self,
        bucket: Bucket,
        prefix: &str,
        start: Option<(String, Option<String>)>,
    ) -> Result<ListObjectVersionsOutput, PortError> {
        let (key, version) = start.map_or((None, None), |(key, version)| (Some(key), version));
        let request = self.client.list_object_versions().bucket(self.buckets.name(bucket)).prefix(prefix);
        let request = request.set_key_marker(key).set_version_id_marker(version);
        request.send().await.map_err(port_error(LIST))
    }

    /// Returns until when a version is locked.
    async fn lock_of(&self, bucket: Bucket, key: &str, version: &str) -> Result<Option<DateTime<Utc>>, PortError> {
        let request = self.client.get_object_retention().bucket(self.buckets.name(bucket)).key(key).version_id(version);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if error.err().meta().code() == Some(NO_LOCK) => return Ok(None),
            Err(error) => return Err(port_error(ASK)(error)),
        };
        let until = answer.retention.and_then(|retention| retention.retain_until_date);
        Ok(until.and_then(|until| DateTime::from_timestamp(until.secs(), until.subsec_nanos())))
    }

    async fn delete_versions(&self, bucket: Bucket, versions: &[VersionName]) -> Result<(), PortError> {
        if versions.is_empty() {
            return Ok(());
        }
        let name = |one: &VersionName| ObjectIdentifier::builder().key(&one.key).version_id(&one.version).build();
        let objects = versions.iter().map(name).collect::<Result<Vec<_>, _>>();
        let delete = objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        let delete = delete.map_err(|error| PortError::with(ErrorKind::Refused, FORGET, error))?;
        let request = self.client.delete_objects().bucket(self.buckets.name(bucket)).delete(delete);
        let answer = request.send().await.map_err(port_error(FORGET))?;
        refusals(versions.len(), answer.errors())
    }
}

/// The versions that are not current, and all markers of deletion. Behind a marker there is no current version.
fn earlier(page: &ListObjectVersionsOutput) -> Vec<VersionName> {
    let versions = page.versions().iter().filter(|one| one.is_latest() != Some(true)).map(|one| (one.key(), one.version_id()));
    let markers = page.delete_markers().iter().map(|one| (one.key(), one.version_id()));
    let named =
        |(key, version): (Option<&str>, Option<&str>)| Some(VersionName { key: key?.to_owned(), version: version?.to_owned() });
    versions.chain(markers).filter_map(named).collect()
}

/// Where the next page begins.
fn next_page(page: &ListObjectVersionsOutput) -> Option<(String, Option<String>)> {
    let is_cut = page.is_truncated() == Some(true);
    page.next_key_marker().filter(|_| is_cut).map(|key| (key.to_owned(), page.next_version_id_marker().map(str::to_owned)))
}
