//! Deletes what no kept snapshot needs, after a run.

use hozon_shared::snapshots::sweep::sweep;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

impl Run<'_> {
    /// Deletes old snapshots of the organisation, unless one is being written; then a later run does.
    pub async fn sweep(&self) -> Result<(), TaskErrorKind> {
        let swept = sweep(&self.ports.session, self.org, self.settings.retention(), &*self.ports.clock).await?;
        if let Some(swept) = swept {
            let (deleted, snapshots) = (swept.deleted, swept.snapshots);
            tracing::info!(run.org = self.org.0, run.id = self.backup.0, deleted, snapshots, "swept the stored objects");
        }
        Ok(())
    }
}
