//! Webhooks.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::OrgId;
use crate::domain::webhook::Webhook;

/// Webhooks in the table. They are added and removed by [`super::Store::commit`].
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// All webhooks of an organisation, oldest first, disabled ones included.
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, PortError>;
    /// Replaces a webhook. `Conflict` when it was removed.
    async fn put_webhook(&self, webhook: &Webhook) -> Result<(), PortError>;
}
