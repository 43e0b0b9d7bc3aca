//! Deliveries in the table.

use async_trait::async_trait;

use super::errors::port_error;
use super::items::delivery_item;
use super::keys;
use super::table::{Table, integer};
use crate::domain::delivery::{Delivery, DeliveryId};
use crate::ports::{Outbox, PortError};

#[async_trait]
impl Outbox for Table {
    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, PortError> {
        let (pk, sk) = keys::delivery(id);
        self.read(pk, sk).await
    }

    async fn put_delivery(&self, delivery: &Delivery, attempts: u32) -> Result<(), PortError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(delivery_item(delivery)?));
        let request = request.condition_expression("#attempts = :attempts").expression_attribute_names("#attempts", "attempts");
        let request = request.expression_attribute_values(":attempts", integer(u64::from(attempts)));
        request.send().await.map(drop).map_err(port_error("write a delivery"))
    }
}
