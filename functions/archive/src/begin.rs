//! `begin`: notes when the run began.

use hozon_shared::domain::backup::Backup;
use hozon_shared::ports::Change;
use serde_json::Value;

use crate::{Run, TaskError};

pub async fn run(run: &Run<'_>) -> Result<Value, TaskError> {
    let backup = run.load().await?;
    if backup.started.is_none() {
        let backup = backup.begin(run.ports.clock.now())?;
        run.ports.store.commit(run.org, vec![Change::Backup(Box::new(backup))]).await?;
    }
    Ok(Value::Null)
}

impl Run<'_> {
    /// Loads the backup of this run.
    pub async fn load(&self) -> Result<Backup, TaskError> {
        self.ports.store.backup(self.org, self.backup).await?.ok_or_else(TaskError::unknown_backup)
    }
}
