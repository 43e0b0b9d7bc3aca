//! The native CRM store's catalogue of modules.

use async_trait::async_trait;

use super::PortError;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;

/// Which version of each module is the current one.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// All modules of an organisation by `order`, then name. What was read is the state between two publications, never a mixture.
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// Makes these versions the current ones, all at once; other modules stay as they are. After an error none of them is
    /// current, unless the answer of the last write was lost. Fails with `Conflict` when somebody else publishes at the same time.
    async fn publish(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError>;
}
