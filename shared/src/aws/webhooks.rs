//! Webhooks and pending deliveries in the table.

use async_trait::async_trait;

use super::errors::port_error;
use super::items::{delivery_item, webhook_item};
use super::keys;
use super::table::{Item, PrefixQuery, Table, text};
use crate::domain::id::{EventId, OrgId, WebhookId};
use crate::domain::webhook::{Delivery, Webhook};
use crate::ports::{PortError, Webhooks};

#[async_trait]
impl Webhooks for Table {
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::WEBHOOKS, before: None, newest_first: false, limit: None }).await
    }

    async fn put_webhook(&self, webhook: &Webhook) -> Result<(), PortError> {
        self.put_item(webhook_item(webhook)?).await
    }

    async fn delete_webhook(&self, org: OrgId, id: WebhookId) -> Result<(), PortError> {
        self.delete_item(keys::organisation(org), keys::webhook(id)).await
    }

    async fn delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<Option<Delivery>, PortError> {
        self.read(keys::organisation(org), keys::delivery(webhook, event)).await
    }

    async fn put_delivery(&self, delivery: &Delivery) -> Result<(), PortError> {
        self.put_item(delivery_item(delivery)?).await
    }

    async fn delete_delivery(&self, org: OrgId, webhook: WebhookId, event: EventId) -> Result<(), PortError> {
        self.delete_item(keys::organisation(org), keys::delivery(webhook, event)).await
    }
}

impl Table {
    async fn put_item(&self, item: Item) -> Result<(), PortError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        request.send().await.map(drop).map_err(port_error("write an item"))
    }

    async fn delete_item(&self, pk: String, sk: String) -> Result<(), PortError> {
        let request = self.client.delete_item().table_name(&self.name).key("pk", text(pk)).key("sk", text(sk));
        request.send().await.map(drop).map_err(port_error("delete an item"))
    }
}
