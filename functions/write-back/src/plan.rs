//! The task `plan`: captures the modules concerned as the CRM has them now, and counts what is to be done with their records and
//! files.

use std::collections::BTreeSet;

use hozon_capture_database::{FreshCapture, capture_fresh};
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::restore::{
    FilePlanCounts, MAX_HINDRANCES, ModulePlan, PlanCounts, Restore, RestorePlan, RestoreSelection, RestoreStatus, plan_restore,
};
use hozon_shared::restore_plan::{PlanReader, WantedRecords};
use hozon_shared::restore_search::SearchedBlocks;
use hozon_shared::restored::{PlanPlace, PlanWork};
use hozon_shared::snapshots::of_restore::{record_restored, snapshot_before, snapshot_wanted};
use hozon_shared::snapshots::restoring::ModulePair;
use hozon_shared::snapshots::session::keep;

use crate::end::release;
use crate::error::WriteBackError;
use crate::making::missing;
use crate::ports::CallEnd;
use crate::target::Target;
use crate::task::Task;

pub(crate) async fn plan(task: &Task<'_>) -> Result<CallOutcome, WriteBackError> {
    let (ports, time) = (task.ports, task.ports.time());
    let restore = task.begin().await?;
    if restore.status != RestoreStatus::Planning {
        release(task).await?;
        return Ok(CallOutcome::Done);
    }
    keep(&ports.session, task.org, &task.lease(), ports.clock.now()).await?;
    if !search(task, &restore, time).await? {
        return Ok(CallOutcome::Again);
    }
    let target = Target::open(ports, &restore).await?;
    if snapshot_before(&*ports.objects, task.org, task.id).await?.is_none() {
        let wanted = WantedRecords::read(&*ports.objects, &restore).await?.ok_or(WriteBackError::SnapshotGone)?;
        match capture(task, &target, &restore, &wanted).await? {
            CallOutcome::Done => {}
            goes_on => return Ok(goes_on),
        }
    }
    let reader = PlanReader::open(ports.objects.clone(), &*ports.erasure_keys, restore).await?;
    let reader = reader.ok_or(WriteBackError::SnapshotGone)?;
    match count(task, &target, &reader, time).await? {
        Some(plan) => finish(task, plan).await.map(|()| CallOutcome::Done),
        None => Ok(CallOutcome::Again),
    }
}

/// Captures the modules as the CRM has them now. A restore target that has none of them is not read: it may be empty.
async fn capture(
    task: &Task<'_>,
    target: &Target,
    restore: &Restore,
    wanted: &WantedRecords,
) -> Result<CallOutcome, WriteBackError> {
    let (ports, missing) = (task.ports, missing(task, target, restore, wanted).await?);
    let modules: BTreeSet<String> = wanted.names().difference(&missing).cloned().collect();
    if modules.is_empty() && !missing.is_empty() {
        record_restored(&*ports.objects, (task.org, task.id), ports.clock.now(), &[]).await?;
        return Ok(CallOutcome::Done);
    }
    let with_files = wanted.names_with_files(&*ports.objects, task.org).await?;
    let with_files = &with_files.difference(&missing).cloned().collect();
    let fresh = FreshCapture { connection: &target.connection, restore: task.id, modules: &modules, with_files };
    Ok(capture_fresh(&ports.capture, &fresh).await?)
}

/// Goes on with the search that selects records, if there is one. Returns whether it is over.
async fn search(task: &Task<'_>, restore: &Restore, time: CallEnd) -> Result<bool, WriteBackError> {
    let RestoreSelection::Search(search) = &restore.selection else { return Ok(true) };
    let (ports, files) = (task.ports, task.files());
    let mut findings = files.findings().await?.unwrap_or_default();
    if findings.is_over {
        return Ok(true);
    }
    let snapshot = snapshot_wanted(&*ports.objects, restore).await?.ok_or(WriteBackError::SnapshotGone)?;
    let blocks = SearchedBlocks::open((&ports.objects, task.org, &ports.clock), &snapshot, search).await?;
    while !findings.is_over {
        // Once it is cancelled, the next call ends at once.
        if time.is_over() || task.load().await?.status != RestoreStatus::Planning {
            return Ok(false);
        }
        findings.go_on(&blocks).await?;
        if findings.are_too_many() {
            return Err(WriteBackError::TooManyFound);
        }
        files.set_findings(&findings).await?;
    }
    Ok(true)
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
        None => begin(target, reader, &pairs).await?,
    };
    loop {
        let at = work.modules.len() - usize::from(work.place.is_some());
        let Some(pair) = pairs.get(at) else { break };
        if task.load().await?.status != RestoreStatus::Planning {
            return Ok(None);
        }
        count_module(reader, pair, &mut work, time).await?;
        if time.is_over() {
            task.files().set_plan_work(&work).await?;
            return Ok(None);
        }
    }
    let PlanWork { mut hindrances, modules, .. } = work;
    hindrances.truncate(MAX_HINDRANCES);
    let creates = pairs.iter().filter(|pair| reader.makes_table(pair)).map(|pair| pair.wanted().api_name.clone()).collect();
    Ok(Some(RestorePlan { modules, hindrances, creates }))
}

/// Counts what is to be done in a module, from the place of `work` on.
async fn count_module(reader: &PlanReader, pair: &ModulePair, work: &mut PlanWork, time: CallEnd) -> Result<(), WriteBackError> {
    let place = work.place.take();
    let begun = if place.is_some() { work.modules.pop() } else { None };
    let Module { api_name, label, .. } = pair.wanted().clone();
    let (counts, files) = (PlanCounts::default(), FilePlanCounts::default());
    let mut plan = begun.unwrap_or(ModulePlan { api_name, label, counts, files });
    let behind = match place {
        Some(PlanPlace::Files(behind)) => behind,
        records => {
            let place = records.and_then(PlanPlace::records);
            let mut records = pair.records(reader.rule(pair, &work.hindrances).await?, place).await?;
            records.count(&mut plan.counts, || time.is_over()).await?;
            work.place = (!records.is_over()).then(|| PlanPlace::Records(records.place()));
            None
        }
    };
    if work.place.is_none() && pair.has_files() {
        let rule = reader.file_rule(pair, &work.hindrances).await?;
        let next = pair.count_files(&rule, behind, &mut plan.files, || time.is_over()).await?;
        work.place = next.map(|next| PlanPlace::Files(Some(next)));
    }
    work.modules.push(plan);
    Ok(())
}

async fn begin(target: &Target, reader: &PlanReader, pairs: &[ModulePair]) -> Result<PlanWork, WriteBackError> {
    let found = pairs.iter().filter(|pair| !reader.makes_table(pair));
    let modules: Vec<_> = found.map(|pair| pair.wanted().clone()).collect();
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
