//! Webhooks and their open deliveries.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::{EventId, OrgId, WebhookId};
use crate::domain::webhook::{Delivery, Webhook};

/// Webhooks in the table. Writes replace what is there; open deliveries are found by [`super::Schedules::due`].
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// All webhooks of an organisation, oldest first, those that were given up included.
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, PortError>;
    /// Writes a webhook.
    async fn put_webhook(&self, webhook: &Webhook) -> Result<(), PortError>;
    /// Deletes a webhook; one that is not there is no error.
    async fn delete_webhook(&self, org: OrgId, id: WebhookId) -> Result<(), PortError>;
    /// An open delivery.
    async fn delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<Option<Delivery>, PortError>;
    /// Writes an open delivery.
    async fn put_delivery(&self, delivery: &Delivery) -> Result<(), PortError>;
    /// Deletes a delivery that has ended; one that is not there is no error.
    async fn delete_delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<(), PortError>;
}
