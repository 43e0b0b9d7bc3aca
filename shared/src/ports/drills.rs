//! Drills.

use async_trait::async_trait;

use super::PortError;
use crate::domain::drill::Drill;
use crate::domain::id::{DrillId, OrgId};

/// Reads drills. [`super::Store::commit`] writes them; a read sees every commit that was acknowledged before it.
#[async_trait]
pub trait Drills: Send + Sync {
    /// Returns a drill, or `None` if the organisation has none with that id.
    async fn drill(&self, org: OrgId, id: DrillId) -> Result<Option<Drill>, PortError>;
    /// Returns the newest drills, newest first. With `before`, those that are older than it.
    async fn drills(&self, org: OrgId, before: Option<DrillId>, limit: usize) -> Result<Vec<Drill>, PortError>;
}
