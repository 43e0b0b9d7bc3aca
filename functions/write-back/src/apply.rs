//! The task `apply`: writes the records of a plan, turn by turn and module by module, in batches.

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::restore::{Restore, RestoreStatus};
use hozon_shared::domain::write_order::{WriteOrder, write_order_with};
use hozon_shared::ports::WrittenBefore;
use hozon_shared::restore_plan::PlanReader;
use hozon_shared::restored::{WritePhase, WriteWork};
use hozon_shared::snapshots::find::has_key;
use hozon_shared::snapshots::session::keep;

use crate::end::{complete, release};
use crate::error::WriteBackError;
use crate::making::{make_tables, tie_tables};
use crate::passes::Turns;
use crate::target::Target;
use crate::task::Task;
use crate::writing::{Stopped, Writing};
use crate::written::WrittenModule;

pub(crate) async fn apply(task: &Task<'_>) -> Result<CallOutcome, WriteBackError> {
    let (ports, time) = (task.ports, task.ports.time());
    let restore = task.begin().await?;
    if restore.status != RestoreStatus::Running && restore.confirmed.is_none() {
        return Ok(CallOutcome::Done);
    }
    if matches!(restore.status, RestoreStatus::Completed | RestoreStatus::Failed) {
        release(task).await?;
        return Ok(CallOutcome::Done);
    }
    keep(&ports.session, task.org, &task.lease(), ports.clock.now()).await?;
    let target = Target::open(ports, &restore).await?;
    let reader = PlanReader::open(ports.objects.clone(), &*ports.erasure_keys, restore.clone()).await?;
    let reader = reader.ok_or(WriteBackError::SnapshotGone)?;
    let (modules, order) = open(&target, &reader, &restore).await?;
    let mut work = task.files().write_work().await?.unwrap_or_default();
    if restore.status == RestoreStatus::Running {
        make_tables(&target, &reader, &restore, &work).await?;
    }
    recall(task, &target, &restore, &work).await?;
    let mut writing = Writing::new(task, &target, time, work.is_clean);
    if restore.status == RestoreStatus::Running {
        match turns(&mut writing, &mut work, &modules, &order).await? {
            Stopped::AtItsEnd => tie_tables(task, &target, &reader, &restore, &mut work).await?,
            Stopped::Cancelled => {}
            Stopped::ForTime => return Ok(CallOutcome::Again),
        }
    }
    // Of a cancelled restore too: what it has created has ids that sequences must not give again.
    let written: Vec<Module> = modules.iter().map(|module| module.turns.module.clone()).collect();
    target.writer.finish(&written).await.map_err(target.failed())?;
    complete(task, work.outcome).await.map(|()| CallOutcome::Done)
}

/// Tells a writer that gives ids which it has given before.
async fn recall(task: &Task<'_>, target: &Target, restore: &Restore, work: &WriteWork) -> Result<(), WriteBackError> {
    if target.writer.gives_ids() {
        let new_ids = task.files().new_ids().await?;
        let begun = restore.confirmed.unwrap_or(restore.requested);
        target.writer.recall(WrittenBefore { new_ids, begun, may_be_written: !work.is_clean });
    }
    Ok(())
}

/// Opens the modules in which there is something to write, and their order.
async fn open(
    target: &Target,
    reader: &PlanReader,
    restore: &Restore,
) -> Result<(Vec<WrittenModule>, WriteOrder), WriteBackError> {
    let plan = restore.plan.clone().unwrap_or_default();
    let mut opened = Vec::new();
    for (position, module) in plan.modules.iter().enumerate().filter(|(_, module)| module.writes() > 0) {
        let pair = reader.module(&module.api_name).await?.ok_or(WriteBackError::SnapshotGone)?;
        let rule = reader.rule(&pair, &plan.hindrances).await?;
        let files = match module.files.writes() {
            0 => None,
            _ => Some(reader.file_rule(&pair, &plan.hindrances).await?),
        };
        let turns = Turns::new(pair.module().clone(), &[]);
        let is_filled = reader.makes_table(&pair) && !has_key(pair.wanted());
        opened.push(WrittenModule { pair, rule, files, turns, is_filled, position });
    }
    let modules: Vec<Module> = opened.iter().map(|module| module.pair.module().clone()).collect();
    let references = target.writer.references(&modules).await.map_err(target.failed())?;
    let order = write_order_with(&modules, &references);
    for (module, postponed) in opened.iter_mut().zip(&order.postponed) {
        module.turns = Turns::new(module.pair.module().clone(), postponed);
    }
    Ok((opened, order))
}

/// Goes through the turns from where the last call has stopped.
async fn turns(
    writing: &mut Writing<'_>,
    work: &mut WriteWork,
    modules: &[WrittenModule],
    order: &WriteOrder,
) -> Result<Stopped, WriteBackError> {
    loop {
        let is_reversed = matches!(work.phase, WritePhase::Untie | WritePhase::Delete);
        let at = match is_reversed {
            true => order.order.iter().rev().nth(work.module),
            false => order.order.get(work.module),
        };
        match at.and_then(|at| modules.get(*at)) {
            Some(module) => match writing.module(work, module).await? {
                Stopped::AtItsEnd => *work = work.clone().at(work.phase, work.module + 1),
                other => return Ok(other),
            },
            None => {
                let Some(next) = work.phase.next() else { return Ok(Stopped::AtItsEnd) };
                *work = work.clone().at(next, 0);
                if next == WritePhase::Finish {
                    writing.task.files().set_write_work(work).await?;
                    return Ok(Stopped::AtItsEnd);
                }
            }
        }
    }
}
