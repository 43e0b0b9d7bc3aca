//! The task `finish`: records the snapshot and the zips with a signed statement, publishes the ready event, and then deletes the work objects and
//! old snapshots. A drill of the backup is requested, if it is due. Zips that were made anew are recorded only.

use hozon_shared::domain::backup::{ArchiveFile, BackupStatus, MadeZips};
use hozon_shared::domain::change;
use hozon_shared::domain::comparison::ChangeSummary;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::source::Losses;
use hozon_shared::snapshots::of_backup::record;
use serde_json::Value;

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::{drill, remake};

pub async fn run(run: &Run<'_>) -> Result<Value, TaskErrorKind> {
    let backup = run.load().await?;
    if backup.running_remake().is_some() {
        remake::finish(run).await?;
    } else if backup.status != BackupStatus::Completed {
        let files: Vec<ArchiveFile> = run.read_required(&run.archives_at()).await?;
        let plan = run.plan().await?;
        record(&*run.ports.objects, (run.org, run.backup), plan.read_from, &plan.modules).await?;
        // Behind the snapshot, without which a sweep would delete it.
        remake::keep(run, &plan).await?;
        let losses = Losses::among(&plan.gaps);
        let now = run.ports.clock.now();
        let events = [(); 2].map(|()| EventId(run.ports.ids.next(now)));
        let rule = plan.organisation.loss_rule;
        let changes = plan.comparison.as_ref().map(|comparison| ChangeSummary::of(comparison, rule));
        let statement = run.state(files.len(), now, None).await?;
        let made = MadeZips { files, losses, changes };
        run.ports.store.commit(run.org, change::complete(backup, made, statement, now, events)?).await?;
    }
    drill::request_if_due(run).await?;
    run.clear(&run.work_prefix()).await?;
    run.sweep().await?;
    Ok(Value::Null)
}
