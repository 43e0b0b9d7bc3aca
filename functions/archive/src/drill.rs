//! Drills that follow backups by themselves. Only what they need is stored: the sweep starts them, so that the backup waits for nothing.

use chrono::{DateTime, Utc};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::drill::{Drill, DrillRequest, request_drill};
use hozon_shared::domain::drill_policy::DrillPolicy;
use hozon_shared::domain::id::{DrillId, EventId};
use hozon_shared::ports::ErrorKind;
use hozon_shared::snapshots::of_backup::snapshot_of;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

/// Requests a drill of the backup that was completed, if the organisation's policy wants one and its restore target is there for drills. While
/// another drill works, there is none. May be repeated: a backup is drilled by itself once.
pub async fn request_if_due(run: &Run<'_>) -> Result<(), TaskErrorKind> {
    let Some(organisation) = run.ports.store.organisation(run.org).await? else { return Ok(()) };
    if organisation.drills == DrillPolicy::Off {
        return Ok(());
    }
    let backup = run.load().await?;
    let last = run.ports.drills.drills(run.org, None, 1).await?.pop();
    let now = run.ports.clock.now();
    let is_due = organisation.drills.is_due(last.as_ref().map(|last| last.requested), now);
    let is_fresh = backup.status == BackupStatus::Completed && backup.drill.is_none() && backup.remake.is_none();
    if !is_due || !is_fresh || last.as_ref().is_some_and(Drill::is_active) {
        return Ok(());
    }
    match target(run).await? {
        Some(target) => request(run, backup, &target, now).await,
        None => {
            tracing::warn!(
                run.org = run.org.0,
                run.id = run.backup.0,
                "no drill follows the backup: no restore target is there for drills"
            );
            Ok(())
        }
    }
}

async fn target(run: &Run<'_>) -> Result<Option<Connection>, TaskErrorKind> {
    Ok(run.ports.connections.restore_target(run.org).await?.filter(|target| target.drills))
}

async fn request(run: &Run<'_>, backup: Backup, target: &Connection, now: DateTime<Utc>) -> Result<(), TaskErrorKind> {
    let Some(snapshot) = snapshot_of(&*run.ports.objects, run.org, run.backup).await? else { return Ok(()) };
    let (ids, org) = (&run.ports.ids, run.org);
    let (id, requester) = (DrillId(ids.next(now)), backup.requester.clone());
    let request =
        DrillRequest { org, id, requester, is_automatic: true, backup: run.backup, taken: snapshot.taken, target: target.id };
    let drill = Drill::requested(request, now, run.settings.run_length);
    match run.ports.store.commit(org, request_drill(drill, backup, EventId(ids.next(now)))).await {
        // Another drill was requested at the same time.
        Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
        other => Ok(other?),
    }
}
