//! Ends of restores: completed, failed, or cancelled.

use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::restore::{Restore, RestoreStatus, WrittenCounts, complete_restore, fail_restore};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::session::abandon;

use crate::error::WriteBackError;
use crate::outcome::CallOutcome;
use crate::task::Task;

/// Attempts to store an end while others change the restore.
const ATTEMPTS: usize = 5;

/// Ends what keeps the objects of snapshots.
pub(crate) async fn release(task: &Task<'_>) -> Result<(), WriteBackError> {
    Ok(abandon(&task.ports.session, task.org, &task.lease()).await?)
}

/// Completes a restore that runs.
pub(crate) async fn complete(task: &Task<'_>, written: WrittenCounts) -> Result<(), WriteBackError> {
    let ports = task.ports;
    for _ in 0..ATTEMPTS {
        let restore = task.load().await?;
        if restore.status != RestoreStatus::Running {
            break;
        }
        let undone = match restore.undoes {
            Some(undone) => ports.restores.restore(task.org, undone).await?,
            None => None,
        };
        let now = ports.clock.now();
        let changes = complete_restore(restore, undone, written, now, EventId(ports.ids.next(now)))?;
        match ports.store.commit(task.org, changes).await {
            Err(error) if error.kind == ErrorKind::Conflict => continue,
            other => other?,
        }
        return release(task).await;
    }
    require_ended(task).await?;
    release(task).await
}

/// Fails a restore that is planned or runs.
pub(crate) async fn fail(task: &Task<'_>, failure: Failure) -> Result<(), WriteBackError> {
    let ports = task.ports;
    let written = task.files().write_work().await?.map(|work| work.outcome).unwrap_or_default();
    for _ in 0..ATTEMPTS {
        let restore: Restore = task.load().await?;
        if !restore.is_active() {
            return release(task).await;
        }
        let now = ports.clock.now();
        let changes = fail_restore(restore, failure.clone(), written, now, EventId(ports.ids.next(now)))?;
        match ports.store.commit(task.org, changes).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => {
                other?;
                return release(task).await;
            }
        }
    }
    require_ended(task).await?;
    release(task).await
}

async fn require_ended(task: &Task<'_>) -> Result<(), WriteBackError> {
    match task.load().await?.is_active() {
        true => Err(PortError::new(ErrorKind::Unavailable, "end a restore while others change it").into()),
        false => Ok(()),
    }
}

/// Fails a restore of which a call has failed, with the reason that the last call has left.
pub(crate) async fn fail_silent(task: &Task<'_>) -> Result<CallOutcome, WriteBackError> {
    let silent = || {
        Failure::new(
            "RESTORE_SILENT",
            "The restore ended without reporting a reason. What was written is in its report. If it happens again, contact the operator.",
        )
    };
    let failure = task.files().failure().await?.unwrap_or_else(silent);
    fail(task, failure).await.map(|()| CallOutcome::Done)
}
