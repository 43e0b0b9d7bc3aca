//! Restores in the table. They do not expire.

use async_trait::async_trait;

use super::keys;
use super::table::{PrefixQuery, Table};
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::Restore;
use crate::ports::{PortError, Restores};

#[async_trait]
impl Restores for Table {
    async fn restore(&self, org: OrgId, id: RestoreId) -> Result<Option<Restore>, PortError> {
        self.read(keys::organisation(org), keys::restore(id)).await
    }

    async fn restores(&self, org: OrgId, before: Option<RestoreId>, limit: usize) -> Result<Vec<Restore>, PortError> {
        // BETWEEN includes its upper bound, so the bound is the key just below the given restore's key.
        let before = before.map(|id| keys::restore(RestoreId(id.0.saturating_sub(1))));
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::RESTORES, before, newest_first: true, limit: Some(limit) }).await
    }
}
