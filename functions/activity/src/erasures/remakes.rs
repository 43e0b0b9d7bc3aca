//! What has become of the zips that were to be made anew after an erasure. Their backups say it.

use hozon_shared::domain::erasure::{Erasure, ZipChoice};
use hozon_shared::domain::remake::RemakeStatus;
use hozon_shared::ports::{PortError, Store};
use serde::Serialize;
use utoipa::ToSchema;

/// Backups whose zips are made anew. Not among them are those whose links have ended, and those whose zips a later erasure has deleted again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Remakes {
    /// Number of backups whose zips are being made.
    running: u64,
    /// Number of backups with new zips.
    completed: u64,
    /// Number of backups whose zips could not be made.
    failed: u64,
}

impl Remakes {
    /// Reads the backups that an erasure concerns. `None` unless it has zips made anew, and has deleted the first ones.
    pub async fn after(store: &dyn Store, erasure: &Erasure) -> Result<Option<Self>, PortError> {
        if erasure.zips != ZipChoice::Remake {
            return Ok(None);
        }
        let mut found = Self::default();
        for id in &erasure.backups {
            let backup = store.backup(erasure.org, *id).await?;
            let remake = backup.and_then(|backup| backup.remake).filter(|remake| remake.erasure == erasure.id);
            match remake.map(|remake| remake.status) {
                Some(RemakeStatus::Running) => found.running += 1,
                Some(RemakeStatus::Completed) => found.completed += 1,
                Some(RemakeStatus::Failed) => found.failed += 1,
                None => {}
            }
        }
        Ok(Some(found).filter(|found| *found != Self::default()))
    }
}
