//! Compares what a run backs up with the previous backup. A comparison that is impossible says so, and does not fail the backup.

use std::time::Duration;

use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::comparison::{Comparison, NotCompared};
use hozon_shared::domain::crm::Module;
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::differences::compare_snapshots;
use hozon_shared::snapshots::of_backup::snapshot_of;
use hozon_shared::telemetry::Causes;
use tokio::time::timeout;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

/// Number of newest backups among which the one before is looked for.
const LOOK_BACK: usize = 100;
/// How long a comparison may take. The rest of the task's fifteen minutes is for planning.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// Compares the modules with the newest backup that was completed earlier.
pub async fn with_backup_before(run: &Run<'_>, modules: &[Module]) -> Result<Comparison, TaskErrorKind> {
    let Some(before) = backup_before(run).await? else { return Ok(not(NotCompared::First)) };
    match timeout(WITHIN, compare(run, &before, modules)).await {
        Ok(Ok(comparison)) => Ok(comparison),
        Ok(Err(error)) => impossible(run, error),
        Err(_) => {
            tracing::warn!(run.id = run.backup.0, "the comparison with the previous backup took too long");
            Ok(not(NotCompared::TooLong))
        }
    }
}

fn not(reason: NotCompared) -> Comparison {
    Comparison::NotCompared { reason }
}

async fn backup_before(run: &Run<'_>) -> Result<Option<Backup>, PortError> {
    let backups = run.ports.store.backups(run.org, LOOK_BACK).await?;
    let is_before = |backup: &Backup| backup.id != run.backup && backup.status == BackupStatus::Completed;
    Ok(backups.into_iter().find(is_before))
}

async fn compare(run: &Run<'_>, before: &Backup, modules: &[Module]) -> Result<Comparison, PortError> {
    let objects = &run.ports.objects;
    let Some(snapshot) = snapshot_of(&**objects, run.org, before.id).await? else { return Ok(not(NotCompared::SnapshotGone)) };
    let differences = compare_snapshots((objects, run.org), (before.id, &snapshot), modules).await?;
    Ok(Comparison::Compared(differences))
}

/// Makes an outcome of a failure that another attempt would not avoid.
fn impossible(run: &Run<'_>, error: PortError) -> Result<Comparison, TaskErrorKind> {
    let reason = match error.kind {
        ErrorKind::NotFound => NotCompared::SnapshotGone,
        ErrorKind::Corrupt | ErrorKind::Outdated => NotCompared::Unreadable,
        _ => return Err(error.into()),
    };
    tracing::warn!(run.id = run.backup.0, error = %Causes(&error), "the backup could not be compared with the previous one");
    Ok(not(reason))
}
