//! Why a run has ended: what its tasks have recorded, and what the state machine says.

use hozon_shared::domain::backup::Failure;
use hozon_shared::ports::{ErrorKind, PortError};
use serde_json::Value;

use crate::run::Run;
use crate::task_error::{STORAGE_FULL, TaskErrorKind};

/// Deletes what is not needed after the storage was full, because ending the run needs space too.
pub async fn make_room(run: &Run<'_>, error: &Value) -> Result<(), TaskErrorKind> {
    if name_of(error) != STORAGE_FULL {
        return Ok(());
    }
    run.clear(&run.work_prefix()).await?;
    run.sweep().await
}

/// What a task has recorded as the reason, or else what the state machine says.
pub async fn failure_of(run: &Run<'_>, error: &Value) -> Result<Failure, TaskErrorKind> {
    let recorded = run.ports.progress.failure(run.org, run.backup).await?;
    Ok(recorded.unwrap_or_else(|| unexplained(error)))
}

/// Failure that no task recorded, because the function was killed or the backup did not exist yet.
pub fn unexplained(error: &Value) -> Failure {
    match name_of(error) {
        STORAGE_FULL => TaskErrorKind::from(PortError::new(ErrorKind::Full, "fail")).failure(),
        "Busy" => Failure::new(
            "BUSY",
            "Another backup was in progress for a whole day. Check its state; the next scheduled run takes place as planned.",
        ),
        name => Failure::new(
            "RUN_FAILED",
            format!("The run was stopped ({name}). Back up again; if it happens again, contact the operator."),
        ),
    }
}

/// The name of the error that the state machine caught.
fn name_of(error: &Value) -> &str {
    error.get("Error").and_then(Value::as_str).unwrap_or("unknown")
}
