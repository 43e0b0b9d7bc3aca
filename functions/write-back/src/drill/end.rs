//! Ends of drills.

use hozon_capture_database::end_fresh;
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::drill::{Drill, DrillTotals, complete_drill, end_cancelled_drill, fail_drill};
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{Change, ErrorKind, PortError};
use hozon_shared::snapshots::session::abandon;
use hozon_shared::telemetry::Causes;

use super::drill_task::DrillTask;
use crate::error::WriteBackError;

/// Attempts to store an end while others change the backup or the drill.
const ATTEMPTS: usize = 5;

/// How a drill ends.
enum DrillEnd {
    Compared(DrillTotals),
    Failed(Failure),
    Cancelled,
}

/// Ends what keeps the objects of snapshots.
pub(super) async fn release(task: &DrillTask<'_>) -> Result<(), WriteBackError> {
    end_fresh(&task.ports.capture, task.org, task.capture()).await?;
    abandon(&task.ports.session, task.org, &task.rebuilt()).await?;
    Ok(abandon(&task.ports.session, task.org, &task.lease()).await?)
}

/// Ends a drill with what was compared.
pub(super) async fn complete(task: &DrillTask<'_>, totals: DrillTotals) -> Result<(), WriteBackError> {
    end(task, &DrillEnd::Compared(totals)).await
}

/// Ends a drill that somebody has cancelled.
pub(super) async fn cancel(task: &DrillTask<'_>) -> Result<(), WriteBackError> {
    end(task, &DrillEnd::Cancelled).await
}

/// Ends a drill, unless it has ended otherwise meanwhile.
async fn end(task: &DrillTask<'_>, end: &DrillEnd) -> Result<(), WriteBackError> {
    for _ in 0..ATTEMPTS {
        let drill = task.load().await?;
        if !drill.is_active() {
            return release(task).await;
        }
        let backup = task.ports.store.backup(task.org, drill.backup).await?;
        match task.ports.store.commit(task.org, changes(task, drill, backup, end)?).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => {
                other?;
                return release(task).await;
            }
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "end a drill while others change its backup").into())
}

fn changes(task: &DrillTask<'_>, drill: Drill, backup: Option<Backup>, end: &DrillEnd) -> Result<Vec<Change>, WriteBackError> {
    let now = task.ports.clock.now();
    let event = EventId(task.ports.ids.next(now));
    Ok(match end {
        DrillEnd::Compared(totals) if !drill.is_cancelling() => complete_drill(drill, backup, *totals, now, event)?,
        DrillEnd::Failed(failure) if !drill.is_cancelling() => fail_drill(drill, backup, failure.clone(), now, event)?,
        _ => end_cancelled_drill(drill, backup, now, event)?,
    })
}

/// Fails a drill of which a call has failed, with the reason that the last call has left.
pub(crate) async fn fail_silent(task: &DrillTask<'_>) -> Result<CallOutcome, WriteBackError> {
    let silent =
        || Failure::new("DRILL_SILENT", "The drill ended without reporting a reason. If it happens again, contact the operator.");
    let failure = task.files().failure().await?.unwrap_or_else(silent);
    end(task, &DrillEnd::Failed(failure)).await.map(|()| CallOutcome::Done)
}

/// Logs a failure and keeps it as the drill's. What fails here is logged beside it: the state machine still learns the task's own error.
pub(crate) async fn record(task: &DrillTask<'_>, error: &WriteBackError) {
    let (failure, cause) = (error.drill_failure(), error.cause());
    let code = failure.code.clone();
    tracing::warn!(run.org = task.org.0, run.id = task.id.0, task.stage = "drill", task.error = code, cause, "task failed");
    let kept = match error {
        WriteBackError::Unknown => return,
        error if error.is_retryable() => task.files().set_failure(&failure).await.map_err(WriteBackError::from),
        _ => end(task, &DrillEnd::Failed(failure)).await,
    };
    if let Err(unrecorded) = kept {
        tracing::error!(run.id = task.id.0, task.error = code, unrecorded = %Causes(&unrecorded), "the reason of a failure could not be recorded");
    }
}
