//! Webhooks and their pending deliveries.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::{EventId, OrgId, WebhookId};
use crate::domain::webhook::{Delivery, Webhook};

/// Stores webhooks. Writes replace existing rows; [`super::Schedules::due`] finds pending deliveries.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Lists all webhooks of an organisation, oldest first, including disabled ones.
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, PortError>;
    async fn put_webhook(&self, webhook: &Webhook) -> Result<(), PortError>;
    /// Deletes a webhook. Deleting an absent webhook succeeds.
    async fn delete_webhook(&self, org: OrgId, id: WebhookId) -> Result<(), PortError>;
    /// Returns a pending delivery.
    async fn delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<Option<Delivery>, PortError>;
    async fn put_delivery(&self, delivery: &Delivery) -> Result<(), PortError>;
    /// Deletes a completed delivery. Deleting an absent delivery succeeds.
    async fn delete_delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<(), PortError>;
}
