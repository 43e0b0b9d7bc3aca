//! The catalogue of modules: those that a platform writes, and those that were captured.

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
    /// As [`Self::publish`], if of each of these modules the version of `over` is current still. Fails with `Conflict` if one of them has another
    /// one, or has become current meanwhile.
    async fn publish_over(&self, org: OrgId, modules: &[Module], over: &[Module]) -> Result<(), PortError>;
    /// Lists the modules of the newest capture in the same way; none before the first.
    async fn captured(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// Makes the modules of a capture current, all at once. Those of the capture before are gone then; what a platform
    /// writes is not touched. Errors are those of [`Self::publish`].
    async fn publish_capture(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError>;
}
