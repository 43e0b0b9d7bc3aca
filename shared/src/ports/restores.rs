//! Restores.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::Restore;

/// Reads restores. [`super::Store::commit`] writes them; a read sees every commit that was acknowledged before it.
#[async_trait]
pub trait Restores: Send + Sync {
    /// Returns a restore, or `None` if the organisation has none with that id.
    async fn restore(&self, org: OrgId, id: RestoreId) -> Result<Option<Restore>, PortError>;
    /// Returns the newest restores, newest first. With `before`, those that are older than it.
    async fn restores(&self, org: OrgId, before: Option<RestoreId>, limit: usize) -> Result<Vec<Restore>, PortError>;
}
