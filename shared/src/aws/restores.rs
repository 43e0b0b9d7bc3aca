//! Restores in the table. They do not expire.

use async_trait::async_trait;

use super::keys;
use super::table::Table;
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::Restore;
use crate::ports::{PortError, Restores};

#[async_trait]
impl Restores for Table {
    async fn restore(&self, org: OrgId, id: RestoreId) -> Result<Option<Restore>, PortError> {
        self.read(keys::organisation(org), keys::restore(id)).await
    }

    async fn restores(&self, org: OrgId, before: Option<RestoreId>, limit: usize) -> Result<Vec<Restore>, PortError> {
        self.older(org, (keys::RESTORES, |id| keys::restore(RestoreId(id))), before.map(|id| id.0), limit).await
    }
}
