//! Versions of objects, in buckets that keep them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use super::objects::Bucket;

/// Deletes for good what a bucket with versions keeps of objects that were replaced or deleted. In a bucket without versions there is
/// nothing of that kind.
#[async_trait]
pub trait Versions: Send + Sync {
    /// Returns until when a lock keeps the versions of objects with a prefix that are not current; `None` if there is no lock, or none any
    /// more.
    async fn locked_until(&self, bucket: Bucket, prefix: &str) -> Result<Option<DateTime<Utc>>, PortError>;
    /// Deletes all versions of objects with a prefix except the current ones. May be repeated. Fails with `Refused` if one is locked.
    async fn forget_earlier(&self, bucket: Bucket, prefix: &str) -> Result<u64, PortError>;
}
