//! Erasures of records, and the key of their hashes.

use async_trait::async_trait;

use super::PortError;
use crate::domain::erasure::{Erasure, ErasureKey};
use crate::domain::id::{ErasureId, OrgId};

/// Reads erasures. [`super::Store::commit`] writes them; a read sees every commit that was acknowledged before it.
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Returns an erasure, or `None` if the organisation has none with that id.
    async fn erasure(&self, org: OrgId, id: ErasureId) -> Result<Option<Erasure>, PortError>;
    /// Returns a page of erasures, newest first: at most `limit` that are older than `before`.
    async fn erasures(&self, org: OrgId, before: Option<ErasureId>, limit: usize) -> Result<Vec<Erasure>, PortError>;
}

/// Keeps the key with which the ids of an organisation's erased records are hashed.
#[async_trait]
pub trait ErasureKeys: Send + Sync {
    /// Returns the key, or `None` if the organisation has none yet.
    async fn key(&self, org: OrgId) -> Result<Option<ErasureKey>, PortError>;
    /// Keeps a new key of 64 hexadecimal digits, unless there is one. It never changes.
    async fn keep(&self, org: OrgId, new: &str) -> Result<(), PortError>;
}
