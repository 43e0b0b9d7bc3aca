//! Drills in the table. They do not expire.

use async_trait::async_trait;

use super::keys;
use super::table::Table;
use crate::domain::drill::Drill;
use crate::domain::id::{DrillId, OrgId};
use crate::ports::{Drills, PortError};

#[async_trait]
impl Drills for Table {
    async fn drill(&self, org: OrgId, id: DrillId) -> Result<Option<Drill>, PortError> {
        self.read(keys::organisation(org), keys::drill(id)).await
    }

    async fn drills(&self, org: OrgId, before: Option<DrillId>, limit: usize) -> Result<Vec<Drill>, PortError> {
        self.older(org, (keys::DRILLS, |id| keys::drill(DrillId(id))), before.map(|id| id.0), limit).await
    }
}
