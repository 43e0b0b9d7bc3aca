//! A restore that a call works on.

use hozon_shared::domain::id::{OrgId, RestoreId};
use hozon_shared::domain::restore::Restore;
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

    /// Its documents.
    pub(crate) fn files(&self) -> RestoreFiles<'_> {
        RestoreFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    /// Under this name it keeps what snapshots consist of.
    pub(crate) fn lease(&self) -> String {
        format!("restore-{}", self.id)
    }
}
