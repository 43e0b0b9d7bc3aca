//! The native CRM store's catalogue, in the table.

use async_trait::async_trait;

use super::errors::port_error;
use super::keys;
use super::table::{PrefixQuery, Table, encode};
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::ports::{Catalogue, PortError};

#[async_trait]
impl Catalogue for Table {
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        let query = PrefixQuery { pk: keys::crm(org), prefix: keys::MODULES, before: None, newest_first: false, limit: None };
        let mut modules: Vec<Module> = self.all(query).await?;
        modules.sort_by(|a, b| (a.order, &a.api_name).cmp(&(b.order, &b.api_name)));
        Ok(modules)
    }

    async fn publish(&self, org: OrgId, module: &Module) -> Result<(), PortError> {
        let item = encode(keys::crm(org), keys::module(&module.api_name), module)?;
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        request.send().await.map(drop).map_err(port_error("publish a module"))
    }
}
