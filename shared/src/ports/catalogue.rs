//! The native CRM store's catalogue of modules.

use async_trait::async_trait;

use super::PortError;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;

/// Records which version of each module is current.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Lists all modules of an organisation by `order`, then by name. The list shows the state between two
    /// publications, never a mixture.
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// Makes these versions current, all at once; other modules keep theirs. After an error none of them is current,
    /// unless only the answer to the last write was lost. Fails with `Conflict` when another publication runs at the
    /// same time.
    async fn publish(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError>;
}
