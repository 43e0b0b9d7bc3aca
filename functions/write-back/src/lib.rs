//! The tasks of restores and drills, as the state machine invokes them: plan, apply, drill, fail. Each call works until its time is nearly over, and leaves
//! where the next one goes on. Each may be repeated at any point with the same result.

mod apply;
mod drill;
mod drill_failure;
mod end;
mod error;
mod files;
mod filling;
mod making;
mod passes;
mod placed;
mod plan;
mod ports;
mod target;
mod task;
mod writing;
mod written;

use hozon_shared::call_outcome::{CallOutcome, wait_within_limits};
use hozon_shared::domain::id::{DrillId, OrgId, RestoreId};
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::Value;

use drill::DrillTask;
pub use error::WriteBackError;
pub use ports::WriteBackPorts;
use task::Task;

/// What a call of the state machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WriteBackStep {
    /// Captures the CRM, and counts what is to be done.
    Plan,
    /// Writes.
    Apply,
    /// Restores a backup into an empty database, and compares.
    Drill,
    /// Ends a restore or a drill of which a call has failed.
    Fail,
}

#[derive(Debug, Deserialize)]
struct WriteBackCall {
    org: OrgId,
    id: RestoreId,
    step: WriteBackStep,
}

/// Carries out a call. A failure that further calls do not mend ends the restore or the drill.
pub async fn handle(ports: &WriteBackPorts, input: Value) -> Result<Value, WriteBackError> {
    let call = WriteBackCall::deserialize(input).map_err(WriteBackError::UnreadableCall)?;
    let task = Task { ports, org: call.org, id: call.id };
    let drill = DrillTask { ports, org: call.org, id: DrillId(call.id.0) };
    let done = match call.step {
        WriteBackStep::Drill => drill::drill(&drill).await,
        WriteBackStep::Fail if drill.is_known().await? => drill::fail_silent(&drill).await,
        WriteBackStep::Plan => plan::plan(&task).await,
        WriteBackStep::Apply => apply::apply(&task).await,
        WriteBackStep::Fail => end::fail_silent(&task).await,
    };
    match done {
        // It was cancelled between two looks at it.
        Err(WriteBackError::NotRunning(_) | WriteBackError::DrillEnded(_)) => Ok(CallOutcome::Done.into()),
        Err(error) => match error.wait() {
            Some(seconds) => Ok(CallOutcome::Wait(wait_within_limits(seconds)).into()),
            None => {
                match call.step {
                    WriteBackStep::Drill => drill::record(&drill, &error).await,
                    step => record(&task, step, &error).await,
                }
                Err(error)
            }
        },
        Ok(outcome) => Ok(outcome.into()),
    }
}

/// Logs a failure and keeps it as the restore's. What fails here is logged beside it: the state machine still learns the task's own error.
async fn record(task: &Task<'_>, step: WriteBackStep, error: &WriteBackError) {
    let (code, cause) = (error.code(), error.cause());
    tracing::warn!(run.org = task.org.0, run.id = task.id.0, task.stage = ?step, task.error = code, cause, "task failed");
    let kept = match error {
        WriteBackError::Unknown => return,
        error if error.is_retryable() => task.files().set_failure(&error.failure()).await.map_err(WriteBackError::from),
        error => end::fail(task, error.failure()).await,
    };
    if let Err(unrecorded) = kept {
        tracing::error!(run.id = task.id.0, task.error = code, unrecorded = %Causes(&unrecorded), "the reason of a failure could not be recorded");
    }
}
