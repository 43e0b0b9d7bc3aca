//! The native CRM store's catalogue of modules.

use async_trait::async_trait;

use super::PortError;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;

/// Which version of each module is the current one.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// All modules of an organisation by `order`, then name.
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// Makes this version of a module the current one, at once and whole.
    async fn publish(&self, org: OrgId, module: &Module) -> Result<(), PortError>;
}
