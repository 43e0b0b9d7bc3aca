//! Zips that are made anew after an erasure. Their plan is that of the first zips, with what the captured data is now: the tasks behind it make
//! them as they make those of any backup. The backup stays completed, no allowance is used, and nobody is mailed.

use hozon_shared::archive::contents::{BackupContents, contents_at};
use hozon_shared::domain::backup::{ArchiveFile, Backup};
use hozon_shared::domain::comparison::Comparison;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::remaking::remade;
use hozon_shared::ports::{Change, ErrorKind, find_json};
use hozon_shared::snapshots::of_backup::{keep_plan, plan_of};
use hozon_shared::snapshots::reader::stored_module;
use serde_json::Value;

use crate::reason::{failure_of, make_room};
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::{PLAN_FORMAT, RunPlan};

/// Number of attempts to append the statement: zips of several backups may be completed at the same time.
const ATTEMPTS: u32 = 8;

/// Begins the work. Returns `None` if no zips are to be made anew: they were, or the erasure has found that their links have ended.
pub async fn begin(run: &Run<'_>) -> Result<Option<BackupId>, TaskErrorKind> {
    let backup = run.load().await?;
    let Some(remake) = backup.running_remake() else { return Ok(None) };
    if remake.must_end.is_none() {
        let backup = backup.begin_remake(run.ports.clock.now(), run.settings.run_length)?;
        run.ports.store.commit(run.org, vec![Change::Backup(Box::new(backup))]).await?;
    }
    Ok(Some(run.backup))
}

/// Keeps what a run was planned with, for as long as its captured data. Which records differ from the previous backup is left out: the contents
/// document says it.
pub async fn keep(run: &Run<'_>, plan: &RunPlan) -> Result<(), TaskErrorKind> {
    let mut kept = plan.clone();
    (kept.csv_files, kept.comparison) = (Vec::new(), None);
    kept.read_until.get_or_insert(run.ports.clock.now());
    Ok(keep_plan(&*run.ports.objects, (run.org, run.backup), &kept).await?)
}

/// Returns what the first zips were planned with, with the numbers of the captured data as it is now. Its files are not planned yet.
pub async fn planned_before(run: &Run<'_>) -> Result<RunPlan, TaskErrorKind> {
    let objects = &*run.ports.objects;
    let kept: Option<RunPlan> = match plan_of(objects, run.org, run.backup).await {
        // Another version of Hozon has written it.
        Err(error) if error.kind == ErrorKind::Corrupt => return Err(TaskErrorKind::Updated),
        read => read?,
    };
    let mut plan = kept.ok_or_else(|| TaskErrorKind::SnapshotGone)?;
    if plan.format != PLAN_FORMAT {
        return Err(TaskErrorKind::Updated);
    }
    for module in plan.modules.iter_mut().filter(|module| module.contents == DataCategory::Crm) {
        let Module { rows, row_bytes, attachments, attachment_bytes, .. } = stored_module(objects, run.org, module).await?.module;
        *module = Module { rows, row_bytes, attachments, attachment_bytes, ..module.clone() };
    }
    plan.comparison = comparison(run).await?;
    Ok(plan)
}

/// What differed from the previous backup. The erasure has left its records out of it.
async fn comparison(run: &Run<'_>) -> Result<Option<Comparison>, TaskErrorKind> {
    let at = contents_at(run.org, run.backup);
    let contents: Option<BackupContents> = find_json(&*run.ports.objects, &at, "read the contents of a backup").await?;
    Ok(contents.and_then(|contents| contents.changes))
}

/// Records the new zips, with a signed statement about them.
pub async fn finish(run: &Run<'_>) -> Result<(), TaskErrorKind> {
    let files: Vec<ArchiveFile> = run.read_required(&run.archives_at()).await?;
    for _ in 1..ATTEMPTS {
        match record(run, files.clone()).await {
            Err(TaskErrorKind::Port(error)) if error.kind == ErrorKind::Conflict => {}
            other => return other,
        }
    }
    record(run, files).await
}

/// Fails with `Conflict` if another statement was appended meanwhile.
async fn record(run: &Run<'_>, files: Vec<ArchiveFile>) -> Result<(), TaskErrorKind> {
    let backup = run.load().await?;
    if backup.running_remake().is_none() {
        return Ok(());
    }
    let now = run.ports.clock.now();
    let statement = run.state(files.len(), now, backup.statement).await?;
    let event = EventId(run.ports.ids.next(now));
    run.ports.store.commit(run.org, remade(backup, files, statement, now, event)?).await?;
    tracing::info!(run.org = run.org.0, run.id = run.backup.0, "made the zips of a backup anew");
    Ok(())
}

/// Ends the work after an error that the state machine has caught. The backup has no zips then, and says why.
pub async fn fail(run: &Run<'_>, error: &Value) -> Result<(), TaskErrorKind> {
    let backup: Backup = run.load().await?;
    make_room(run, error).await?;
    if backup.running_remake().is_some() {
        let failure = failure_of(run, error).await?;
        run.ports.ending.fail_remake(backup, failure).await?;
    } else if !backup.files.is_empty() {
        // It was completed.
        return Ok(());
    }
    run.clear(&run.work_prefix()).await?;
    run.clear(&run.archive_prefix()).await
}
