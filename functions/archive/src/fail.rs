//! The task `fail`: fails the backup with its reason, returns its claim, and deletes what was written. If the run
//! failed before its backup existed, the reason is recorded as the occurrence's outcome.

use hozon_shared::archive::contents::{contents_at, zips_at};
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PortError};
use hozon_shared::snapshots::session::abandon;
use serde::Deserialize;
use serde_json::Value;

use crate::begin::Start;
use crate::ports::ArchivePorts;
use crate::remake;
use crate::run::Run;
use crate::settings::ArchiveSettings;
use crate::task_error::STORAGE_FULL;
use crate::task_error::TaskErrorKind;

/// The execution's state at the time of the failure.
#[derive(Debug, Deserialize)]
pub struct FailedRun {
    #[serde(flatten)]
    start: Start,
    /// Result of `begin`, if it completed.
    run: Option<Begun>,
    /// The error that the state machine caught.
    error: Value,
}

#[derive(Debug, Deserialize)]
struct Begun {
    backup: Option<BackupId>,
}

pub async fn run(ports: &ArchivePorts, settings: &ArchiveSettings, failed: &FailedRun) -> Result<Value, TaskErrorKind> {
    let begun = failed.run.as_ref().and_then(|begun| begun.backup);
    match (&failed.start, begun) {
        (Start::Remake { org, backup, .. }, _) => {
            remake::fail(&Run { ports, settings, org: *org, backup: *backup }, &failed.error).await?;
        }
        (Start::Backup { org, backup }, _) => end(&Run { ports, settings, org: *org, backup: *backup }, &failed.error).await?,
        (Start::Occurrence { org, .. }, Some(backup)) => {
            end(&Run { ports, settings, org: *org, backup }, &failed.error).await?;
        }
        (start @ Start::Occurrence { .. }, None) => record(ports, start, &failed.error).await?,
    }
    Ok(Value::Null)
}

async fn end(run: &Run<'_>, error: &Value) -> Result<(), TaskErrorKind> {
    let backup = run.load().await?;
    if backup.status == BackupStatus::Completed {
        return Ok(());
    }
    make_room(run, error).await?;
    end_if_running(run, backup, error).await?;
    end_captures(run).await?;
    run.clear(&run.work_prefix()).await?;
    run.ports.objects.delete(&contents_at(run.org, run.backup)).await?;
    run.ports.objects.delete(&zips_at(run.org, run.backup)).await?;
    run.clear(&run.archive_prefix()).await
}

/// Ends the sessions of captures in several calls, so that what they have stored is swept without waiting for the end of their leases.
async fn end_captures(run: &Run<'_>) -> Result<(), TaskErrorKind> {
    #[derive(Deserialize)]
    struct Opened {
        session: String,
    }
    let objects = &run.ports.objects;
    for key in objects.list(Bucket::Archives, &format!("{}capture/", run.work_prefix())).await? {
        let Some(opened) = key.ends_with("/state.json").then_some(ObjectRef::archives(key)) else { continue };
        if let Some(Opened { session }) = run.read(&opened).await? {
            abandon(&run.ports.session, run.org, &session).await?;
        }
    }
    Ok(())
}

/// Deletes what is not needed after the storage was full, because ending the run needs space too.
pub async fn make_room(run: &Run<'_>, error: &Value) -> Result<(), TaskErrorKind> {
    if name_of(error) != STORAGE_FULL {
        return Ok(());
    }
    run.clear(&run.work_prefix()).await?;
    run.sweep().await
}

/// The name of the error that the state machine caught.
fn name_of(error: &Value) -> &str {
    error.get("Error").and_then(Value::as_str).unwrap_or("unknown")
}

async fn end_if_running(run: &Run<'_>, backup: Backup, error: &Value) -> Result<(), TaskErrorKind> {
    if backup.status != BackupStatus::Inprogress {
        return Ok(());
    }
    let failure = failure_of(run, error).await?;
    Ok(run.ports.ending.fail(backup, failure).await?)
}

/// What a task has recorded as the reason, or else what the state machine says.
pub async fn failure_of(run: &Run<'_>, error: &Value) -> Result<Failure, TaskErrorKind> {
    let recorded = run.ports.progress.failure(run.org, run.backup).await?;
    Ok(recorded.unwrap_or_else(|| unexplained(error)))
}

async fn record(ports: &ArchivePorts, start: &Start, error: &Value) -> Result<(), TaskErrorKind> {
    let Start::Occurrence { org, schedule, at } = *start else { return Ok(()) };
    let Some(schedule) = ports.schedules.schedule(org, schedule).await? else { return Ok(()) };
    let Some(occurrence) = schedule.occurrence_at(at) else { return Ok(()) };
    if ports.schedules.occurrence(org, schedule.id, occurrence).await?.is_some() {
        return Ok(());
    }
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    ports.store.commit(org, change::fail_unstarted(schedule, occurrence, unexplained(error), now, event)).await?;
    Ok(())
}

/// Failure that no task recorded, because the function was killed or the backup did not exist yet.
fn unexplained(error: &Value) -> Failure {
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
