//! The task `plan`: captures the modules concerned as the CRM has them now, and counts what is to be done with their records.

use hozon_capture_database::{FreshCapture, capture_fresh};
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::restore::{MAX_HINDRANCES, ModulePlan, PlanCounts, Restore, RestorePlan, RestoreStatus, plan_restore};
use hozon_shared::restore_plan::{PlanReader, WantedRecords};
use hozon_shared::restored::PlanWork;
use hozon_shared::snapshots::of_restore::snapshot_before;
use hozon_shared::snapshots::restoring::ModulePair;
use hozon_shared::snapshots::session::keep;

use crate::end::release;
use crate::error::WriteBackError;
use crate::ports::CallEnd;
use crate::target::Target;
use crate::task::Task;

pub(crate) async fn plan(task: &Task<'_>) -> Result<CallOutcome, WriteBackError> {
    let (ports, time) = (task.ports, task.ports.time());
    let restore = task.load().await?;
    if restore.status != RestoreStatus::Planning {
        release(task).await?;
        return Ok(CallOutcome::Done);
    }
    keep(&ports.session, task.org, &task.lease(), ports.clock.now()).await?;
    let target = Target::open(ports, &restore).await?;
    if snapshot_before(&*ports.objects, task.org, task.id).await?.is_none() {
        let wanted = WantedRecords::read(&*ports.objects, &restore).await?.ok_or(WriteBackError::SnapshotGone)?;
        let fresh = FreshCapture { connection: &target.connection, restore: task.id, modules: &wanted.names() };
        capture_fresh(&ports.capture, &fresh).await?;
    }
    let reader = PlanReader::open(ports.objects.clone(), &*ports.erasure_keys, restore).await?;
    let reader = reader.ok_or(WriteBackError::SnapshotGone)?;
    match count(task, &target, &reader, time).await? {
        Some(plan) => finish(task, plan).await.map(|()| CallOutcome::Done),
        None => Ok(CallOutcome::Again),
    }
}

/// Counts what is to be done. `None` if the time of the call is over before that.
async fn count(
    task: &Task<'_>,
    target: &Target,
    reader: &PlanReader,
    time: CallEnd,
) -> Result<Option<RestorePlan>, WriteBackError> {
    let pairs = reader.modules().await?;
    let mut work = match task.files().plan_work().await? {
        Some(work) => work,
        None => begin(target, &pairs).await?,
    };
    loop {
        let at = work.modules.len() - usize::from(work.place.is_some());
        let Some(pair) = pairs.get(at) else { break };
        if task.load().await?.status != RestoreStatus::Planning {
            return Ok(None);
        }
        let mut counts = match work.place {
            Some(_) => work.modules.pop().map(|module| module.counts).unwrap_or_default(),
            None => PlanCounts::default(),
        };
        let mut records = pair.records(reader.rule(pair, &work.hindrances).await?, work.place.take()).await?;
        records.count(&mut counts, || time.is_over()).await?;
        let module = pair.wanted();
        let (api_name, label, attachments) = (module.api_name.clone(), module.label.clone(), module.attachments);
        work.modules.push(ModulePlan { api_name, label, attachments, counts });
        work.place = (!records.is_over()).then(|| records.place());
        if time.is_over() {
            task.files().set_plan_work(&work).await?;
            return Ok(None);
        }
    }
    let PlanWork { mut hindrances, modules, .. } = work;
    hindrances.truncate(MAX_HINDRANCES);
    Ok(Some(RestorePlan { modules, hindrances }))
}

async fn begin(target: &Target, pairs: &[ModulePair]) -> Result<PlanWork, WriteBackError> {
    let modules: Vec<_> = pairs.iter().map(|pair| pair.wanted().clone()).collect();
    let hindrances = target.writer.check(&modules).await.map_err(target.failed())?;
    Ok(PlanWork { hindrances, ..PlanWork::default() })
}

async fn finish(task: &Task<'_>, plan: RestorePlan) -> Result<(), WriteBackError> {
    let (ports, now) = (task.ports, task.ports.clock.now());
    let restore: Restore = task.load().await?;
    let event = EventId(ports.ids.next(now));
    ports.store.commit(task.org, plan_restore(restore, plan, now, event)?).await?;
    release(task).await
}
