//! `fail`: ends the backup with its reason, gives its use back, and clears what was written.

use hozon_shared::domain::allowance::Claim;
use hozon_shared::domain::backup::{Failure, Status};
use hozon_shared::domain::change;
use hozon_shared::domain::id::EventId;
use serde_json::Value;

use crate::{Run, TaskError};

pub async fn run(run: &Run<'_>, error: &Value) -> Result<Value, TaskError> {
    let backup = run.load().await?;
    if backup.status == Status::Completed {
        return Ok(Value::Null);
    }
    if backup.status == Status::Inprogress {
        let recorded = run.ports.progress.failure(run.org, run.backup).await?;
        let failure = recorded.unwrap_or_else(|| unexplained(error));
        let month_use = match &backup.claim {
            Claim::Unlimited => None,
            Claim::Free { month } => Some(run.ports.store.month_use(run.org, month.clone()).await?),
        };
        let now = run.ports.clock.now();
        let event = EventId(run.ports.ids.next(now));
        run.ports.store.commit(run.org, change::fail(backup, month_use, failure, now, event)?).await?;
    }
    run.clear(&run.work_prefix()).await?;
    run.clear(&run.archive_prefix()).await?;
    Ok(Value::Null)
}

/// A failure that no task could record: the function was stopped from outside.
fn unexplained(error: &Value) -> Failure {
    let name = error.get("Error").and_then(Value::as_str).unwrap_or("unknown");
    Failure {
        code: "RUN_FAILED".to_owned(),
        message: format!("The run was stopped ({name}). Back up again; if it happens again, report it to the operator."),
    }
}
