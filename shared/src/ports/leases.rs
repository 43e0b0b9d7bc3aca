//! Leases on stored objects.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::OrgId;
use crate::domain::lease::Leases as LeaseBook;

/// Records who holds leases on the stored objects of an organisation.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Returns the leases; none before the first.
    async fn leases(&self, org: OrgId) -> Result<LeaseBook, PortError>;
    /// Replaces the leases. Fails with `Conflict` if they are not at the revision before any more.
    async fn replace_leases(&self, org: OrgId, leases: &LeaseBook, before: u64) -> Result<(), PortError>;
}
