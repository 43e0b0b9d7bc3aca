//! Leases on stored objects, in one item of the table.

use async_trait::async_trait;

use super::errors::port_error;
use super::keys;
use super::table::{Table, encode, integer};
use crate::domain::id::OrgId;
use crate::domain::lease::Leases as LeaseBook;
use crate::ports::{Leases, PortError};

#[async_trait]
impl Leases for Table {
    async fn leases(&self, org: OrgId) -> Result<LeaseBook, PortError> {
        Ok(self.read(keys::crm(org), keys::LEASES.to_owned()).await?.unwrap_or_default())
    }

    async fn replace_leases(&self, org: OrgId, leases: &LeaseBook, before: u64) -> Result<(), PortError> {
        let item = encode(keys::crm(org), keys::LEASES.to_owned(), leases)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let put = match before {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put.condition_expression("revision = :before").expression_attribute_values(":before", integer(before)),
        };
        put.send().await.map(drop).map_err(port_error("change the leases on stored objects"))
    }
}
