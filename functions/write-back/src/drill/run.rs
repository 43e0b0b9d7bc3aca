//! Goes through the steps of a drill.

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::drilled::{DrillPhase, DrillWork};
use hozon_shared::snapshots::session::keep;

use super::drill_task::DrillTask;
use super::drilled_backup::DrilledBackup;
use super::end::{cancel, complete, release};
use super::steps::Steps;
use super::target;
use crate::error::WriteBackError;

/// Goes on with a drill.
pub(crate) async fn drill(task: &DrillTask<'_>) -> Result<CallOutcome, WriteBackError> {
    let (ports, time) = (task.ports, task.ports.time());
    let drill = task.begin().await?;
    if !drill.is_active() {
        release(task).await?;
        return Ok(CallOutcome::Done);
    }
    if drill.is_cancelling() {
        return cancel(task).await.map(|()| CallOutcome::Done);
    }
    keep(&ports.session, task.org, &task.lease(), ports.clock.now()).await?;
    let (target, made) = target::open(ports, &drill).await?;
    let backup = DrilledBackup::read(&*ports.objects, &drill, made.as_ref()).await?.ok_or(WriteBackError::SnapshotGone)?;
    if backup.tables.is_empty() {
        return Err(WriteBackError::NoTables);
    }
    let mut steps = Steps { task, target: &target, backup: &backup, time, is_first: true };
    let mut work = task.files().work().await?.unwrap_or_default();
    while work.phase != DrillPhase::Over {
        match task.unless_cancelled(steps.one(&mut work)).await? {
            None => return cancel(task).await.map(|()| CallOutcome::Done),
            Some(CallOutcome::Done) if time.is_over() => return Ok(CallOutcome::Again),
            Some(CallOutcome::Done) => {}
            Some(goes_on) => return Ok(goes_on),
        }
    }
    complete(task, work.totals()).await.map(|()| CallOutcome::Done)
}

impl Steps<'_> {
    /// Carries out one step, and stores how far the drill is. Returns how the step has ended.
    async fn one(&mut self, work: &mut DrillWork) -> Result<CallOutcome, WriteBackError> {
        let outcome = match work.phase {
            DrillPhase::Clear => ended(self.clear(work).await?),
            DrillPhase::Create => ended(self.create(work).await?),
            DrillPhase::Fill => ended(self.fill(work).await?),
            DrillPhase::Files => ended(self.write_files(work).await?),
            DrillPhase::Tie => ended(self.tie(work).await?),
            DrillPhase::Capture if work.has_record_tables => self.rebuild(work).await?,
            DrillPhase::Capture => self.capture(work).await?,
            DrillPhase::Compare => ended(self.compare(work).await?),
            DrillPhase::Over => CallOutcome::Done,
        };
        self.is_first = false;
        self.task.files().set_work(work).await?;
        Ok(outcome)
    }
}

/// A step that is not done goes on with another call.
fn ended(is_done: bool) -> CallOutcome {
    if is_done { CallOutcome::Done } else { CallOutcome::Again }
}
