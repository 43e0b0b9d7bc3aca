//! A restore that a call works on.

use hozon_shared::domain::id::{OrgId, RestoreId};
use hozon_shared::domain::restore::Restore;
use hozon_shared::ports::{Change, ErrorKind};
use hozon_shared::restored::RestoreFiles;

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;

/// A restore that a call works on.
pub(crate) struct Task<'a> {
    pub ports: &'a WriteBackPorts,
    pub org: OrgId,
    pub id: RestoreId,
}

impl Task<'_> {
    /// The restore as it is now.
    pub(crate) async fn load(&self) -> Result<Restore, WriteBackError> {
        self.ports.restores.restore(self.org, self.id).await?.ok_or(WriteBackError::Unknown)
    }

    /// The restore as it is now, after it is recorded that an execution works on it.
    pub(crate) async fn begin(&self) -> Result<Restore, WriteBackError> {
        let restore = self.load().await?;
        if !restore.is_active() || restore.begun.is_some() {
            return Ok(restore);
        }
        let begun = restore.begin(self.ports.clock.now());
        match self.ports.store.commit(self.org, vec![Change::Restore(Box::new(begun))]).await {
            // Somebody has changed it meanwhile; the next call records it.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => other?,
        }
        self.load().await
    }

    /// Its documents.
    pub(crate) fn files(&self) -> RestoreFiles<'_> {
        RestoreFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    /// Under this name it keeps what snapshots consist of.
    pub(crate) fn lease(&self) -> String {
        format!("restore-{}", self.id)
    }
}
