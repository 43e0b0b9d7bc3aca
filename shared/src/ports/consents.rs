//! Consents that administrators have been asked for.

use async_trait::async_trait;

use super::PortError;
use crate::domain::consent::PendingConsent;
use crate::domain::id::{OrgId, UserId};

/// Keeps consents until they are answered.
#[async_trait]
pub trait Consents: Send + Sync {
    /// Stores a consent. It may be deleted at any time after its end.
    async fn ask(&self, org: OrgId, consent: &PendingConsent) -> Result<(), PortError>;
    /// Removes the consent with that name that this user was asked for, and returns it; of several calls one gets it. `None` if
    /// there is none. It may have ended.
    async fn take(&self, org: OrgId, user: UserId, name: &str) -> Result<Option<PendingConsent>, PortError>;
}
