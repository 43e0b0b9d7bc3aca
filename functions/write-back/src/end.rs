//! Ends of restores: completed, failed, or cancelled.

use hozon_capture_database::end_fresh;
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::restore::{Restore, RestoreOutcome, RestoreStatus, complete_restore, fail_restore};
use hozon_shared::ports::{Change, ErrorKind, PortError};
use hozon_shared::snapshots::session::abandon;

use crate::error::WriteBackError;
use crate::task::Task;

/// Attempts to store an end while others change the restore.
const ATTEMPTS: usize = 5;

/// Ends what keeps the objects of snapshots.
pub(crate) async fn release(task: &Task<'_>) -> Result<(), WriteBackError> {
    end_fresh(&task.ports.capture, task.org, task.id).await?;
    Ok(abandon(&task.ports.session, task.org, &task.lease()).await?)
}

/// How a restore ends, with what it has written.
enum End {
    Completed(RestoreOutcome),
    Failed(RestoreOutcome, Failure),
}

/// Completes a restore that runs.
pub(crate) async fn complete(task: &Task<'_>, written: RestoreOutcome) -> Result<(), WriteBackError> {
    end(task, End::Completed(written)).await
}

/// Fails a restore that is planned or runs.
pub(crate) async fn fail(task: &Task<'_>, failure: Failure) -> Result<(), WriteBackError> {
    let written = task.files().write_work().await?.map(|work| work.outcome).unwrap_or_default();
    end(task, End::Failed(written, failure)).await
}

/// Ends a restore, unless it has ended otherwise meanwhile.
async fn end(task: &Task<'_>, end: End) -> Result<(), WriteBackError> {
    for _ in 0..ATTEMPTS {
        let restore = task.load().await?;
        let may_end = match end {
            End::Completed(_) => restore.status == RestoreStatus::Running,
            End::Failed(..) => restore.is_active(),
        };
        if !may_end {
            break;
        }
        let changes = changes(task, restore, &end).await?;
        match task.ports.store.commit(task.org, changes).await {
            Err(error) if error.kind == ErrorKind::Conflict => continue,
            other => other?,
        }
        return release(task).await;
    }
    if task.load().await?.is_active() {
        return Err(PortError::new(ErrorKind::Unavailable, "end a restore while others change it").into());
    }
    release(task).await
}

async fn changes(task: &Task<'_>, restore: Restore, end: &End) -> Result<Vec<Change>, WriteBackError> {
    let now = task.ports.clock.now();
    let event = EventId(task.ports.ids.next(now));
    match end {
        End::Completed(written) => {
            let undone = match restore.undoes {
                Some(undone) => task.ports.restores.restore(task.org, undone).await?,
                None => None,
            };
            Ok(complete_restore(restore, undone, *written, now, event)?)
        }
        End::Failed(written, failure) => Ok(fail_restore(restore, failure.clone(), *written, now, event)?),
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
