//! A drill that a call works on.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use hozon_shared::domain::crm::captured_version;
use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::id::{DrillId, OrgId, RestoreId};
use hozon_shared::drilled::DrillFiles;
use hozon_shared::ports::{Change, ErrorKind};
use tokio::time::sleep;

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;

/// How often a drill that works looks whether it was cancelled.
const LOOKS_EVERY: Duration = Duration::from_secs(2);

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

    /// Carries out a step, unless the drill is cancelled meanwhile: then the step stops where it is, and `None` is returned.
    pub(super) async fn unless_cancelled<T>(
        &self,
        step: impl Future<Output = Result<T, WriteBackError>>,
    ) -> Result<Option<T>, WriteBackError> {
        let step = pin!(step);
        let cancelled = pin!(self.cancelled());
        match select(step, cancelled).await {
            Either::Left((done, _)) => done.map(Some),
            Either::Right((cancelled, _)) => cancelled.map(|()| None),
        }
    }

    /// Returns once somebody has cancelled the drill, or it has ended otherwise.
    async fn cancelled(&self) -> Result<(), WriteBackError> {
        loop {
            let drill = self.load().await?;
            if !drill.is_active() || drill.is_cancelling() {
                return Ok(());
            }
            sleep(LOOKS_EVERY).await;
        }
    }

    pub(super) fn files(&self) -> DrillFiles<'_> {
        DrillFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    /// Under this name it keeps what snapshots consist of.
    pub(super) fn lease(&self) -> String {
        format!("drill-{}", self.id)
    }

    /// Name of the session that the modules are written in that are made of its tables.
    pub(super) fn rebuilt(&self) -> String {
        captured_version(self.id.0)
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
