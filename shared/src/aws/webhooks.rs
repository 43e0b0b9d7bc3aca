//! Webhooks in the table.

use async_trait::async_trait;

use super::errors::port_error;
use super::items::webhook_item;
use super::keys;
use super::table::{PrefixQuery, Table};
use crate::domain::id::OrgId;
use crate::domain::webhook::Webhook;
use crate::ports::{PortError, Webhooks};

#[async_trait]
impl Webhooks for Table {
    async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::WEBHOOKS, before: None, newest_first: false, limit: None }).await
    }

    async fn put_webhook(&self, webhook: &Webhook) -> Result<(), PortError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(webhook_item(webhook)?));
        request.condition_expression("attribute_exists(pk)").send().await.map(drop).map_err(port_error("replace a webhook"))
    }
}
