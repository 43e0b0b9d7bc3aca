//! Deletes what no kept snapshot needs, after a run.

use hozon_shared::snapshots::retained::sweep_retained;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

impl Run<'_> {
    /// Deletes old snapshots of the organisation, unless one is being written; then a later run does.
    pub async fn sweep(&self) -> Result<(), TaskErrorKind> {
        let swept = sweep_retained(&self.ports.retained, self.org, self.settings.retention()).await?;
        if let Some(swept) = swept {
            let (deleted, snapshots, kept_bytes) = (swept.deleted, swept.snapshots, swept.kept.bytes);
            tracing::info!(
                run.org = self.org.0,
                run.id = self.backup.0,
                deleted,
                snapshots,
                kept_bytes,
                "swept the stored objects"
            );
        }
        Ok(())
    }
}
