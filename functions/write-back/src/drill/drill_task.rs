//! A drill that a call works on.

use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::id::{DrillId, OrgId, RestoreId};
use hozon_shared::drilled::DrillFiles;
use hozon_shared::ports::{Change, ErrorKind};

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;

/// A drill that a call works on.
pub(crate) struct DrillTask<'a> {
    pub ports: &'a WriteBackPorts,
    pub org: OrgId,
    pub id: DrillId,
}

impl DrillTask<'_> {
    /// Whether there is such a drill, and not a restore of that id.
    pub(crate) async fn is_known(&self) -> Result<bool, WriteBackError> {
        Ok(self.ports.drills.drill(self.org, self.id).await?.is_some())
    }

    pub(super) async fn load(&self) -> Result<Drill, WriteBackError> {
        self.ports.drills.drill(self.org, self.id).await?.ok_or(WriteBackError::Unknown)
    }

    pub(super) fn files(&self) -> DrillFiles<'_> {
        DrillFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    /// Under this name it keeps what snapshots consist of.
    pub(super) fn lease(&self) -> String {
        format!("drill-{}", self.id)
    }

    /// The id of its capture, which is stored as that of a restore.
    pub(super) fn capture(&self) -> RestoreId {
        RestoreId(self.id.0)
    }

    /// The drill as it is now, after it is recorded that an execution works on it.
    pub(super) async fn begin(&self) -> Result<Drill, WriteBackError> {
        let drill = self.load().await?;
        if !drill.is_active() || drill.begun.is_some() {
            return Ok(drill);
        }
        let begun = drill.begin(self.ports.clock.now());
        match self.ports.store.commit(self.org, vec![Change::Drill(Box::new(begun))]).await {
            // Another call has recorded it.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => other?,
        }
        self.load().await
    }
}
