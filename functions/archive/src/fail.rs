//! The task `fail`: fails the backup with its reason, returns its claim, and deletes what was written. If the run
//! failed before its backup existed, the reason is recorded as the occurrence's outcome.

use hozon_shared::archive::contents::{contents_at, zips_at};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_shared::snapshots::session::abandon;
use serde::Deserialize;
use serde_json::Value;

use crate::begin::Start;
use crate::ports::ArchivePorts;
use crate::reason::{failure_of, make_room, unexplained};
use crate::remake;
use crate::run::Run;
use crate::settings::ArchiveSettings;
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

async fn end_if_running(run: &Run<'_>, backup: Backup, error: &Value) -> Result<(), TaskErrorKind> {
    if backup.status != BackupStatus::Inprogress {
        return Ok(());
    }
    let failure = failure_of(run, error).await?;
    Ok(run.ports.ending.fail(backup, failure).await?)
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
