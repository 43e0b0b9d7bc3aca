//! Legal holds on backups.

use async_trait::async_trait;

use super::PortError;
use crate::domain::hold::Hold;
use crate::domain::id::OrgId;

/// Reads holds. [`super::Store::commit`] sets and lifts them; a read sees every commit that was acknowledged before it.
#[async_trait]
pub trait Holds: Send + Sync {
    /// Returns all holds of an organisation, by backup, oldest first.
    async fn holds(&self, org: OrgId) -> Result<Vec<Hold>, PortError>;
}
