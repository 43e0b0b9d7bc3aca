//! Writes the records or files of one module in one turn, in batches. A call that ends in the middle is repeated from its last batch: that batch may
//! be written already, which the source then says of each of its records.

use std::collections::HashSet;

use hozon_capture_database::FilePlaces;
use hozon_shared::domain::restore::{PlannedAction, RestoreStatus};
use hozon_shared::domain::writing::{RecordWrite, WriteOutcome};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::restored::{ReportPart, ReportRow, WritePhase, WriteWork};
use hozon_shared::snapshots::find::id_text;
use hozon_shared::snapshots::restoring::PlannedRecord;

use crate::error::WriteBackError;
use crate::passes::TurnWrite;
use crate::ports::CallEnd;
use crate::target::Target;
use crate::task::Task;
use crate::written::WrittenModule;

/// Why writing has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    AtItsEnd,
    /// The time of the call is over.
    ForTime,
    /// An administrator has cancelled the restore.
    Cancelled,
}

/// What a call writes with.
pub(crate) struct Writing<'a> {
    pub task: &'a Task<'a>,
    pub(crate) target: &'a Target,
    pub(crate) time: CallEnd,
    /// Whether the call has written something.
    pub(crate) has_written: bool,
    /// Whether the next batch may be written already, by a call that has ended before it could say so.
    may_be_written: bool,
    /// Where the CRM keeps files, once that was read.
    pub(crate) places: Option<FilePlaces>,
}

impl<'a> Writing<'a> {
    pub(crate) fn new(task: &'a Task<'a>, target: &'a Target, time: CallEnd, is_clean: bool) -> Self {
        Self { task, target, time, has_written: false, may_be_written: !is_clean, places: None }
    }

    /// Writes the records or files of a module behind the place of `work`.
    pub(crate) async fn module(&mut self, work: &mut WriteWork, module: &WrittenModule) -> Result<Stopped, WriteBackError> {
        let phase = work.phase;
        if phase == WritePhase::Files {
            return self.files(work, module).await;
        }
        if module.is_filled {
            return self.fill(work, module).await;
        }
        if !ALL.into_iter().any(|action| module.turns.concerns(phase, action)) {
            return Ok(Stopped::AtItsEnd);
        }
        let turn = Turn::open(self.task, phase, module).await?;
        let mut records = module.pair.records(module.rule.clone(), work.place.clone()).await?;
        while !records.is_over() {
            if let Some(stopped) = self.must_stop(work).await? {
                return Ok(stopped);
            }
            let batch = records.batch(|action| module.turns.concerns(phase, action), self.target.writer.batch().records).await?;
            self.write(work, &turn, batch).await?;
            *work = WriteWork { place: Some(records.place()), batch: work.batch + 1, is_clean: false, ..work.clone() };
            self.task.files().set_write_work(work).await?;
        }
        Ok(Stopped::AtItsEnd)
    }

    /// Why no further batch is written by this call; `None` if one is.
    pub(crate) async fn must_stop(&self, work: &mut WriteWork) -> Result<Option<Stopped>, WriteBackError> {
        if self.time.is_over() {
            return self.stop_for_time(work).await.map(Some);
        }
        let is_running = self.task.load().await?.status == RestoreStatus::Running;
        Ok((!is_running).then_some(Stopped::Cancelled))
    }

    /// Leaves the rest to the next call.
    pub(crate) async fn stop_for_time(&self, work: &mut WriteWork) -> Result<Stopped, WriteBackError> {
        work.is_clean = true;
        self.task.files().set_write_work(work).await?;
        Ok(Stopped::ForTime)
    }

    /// Takes whether what is there as wanted may have been written by a call that has ended before it could say so. Then it counts as written.
    pub(crate) fn as_written(&mut self) -> impl Fn(WriteOutcome) -> WriteOutcome + use<> {
        let may_be_ours = std::mem::take(&mut self.may_be_written);
        move |outcome| match outcome {
            WriteOutcome::AlreadyThere if may_be_ours => WriteOutcome::Written { new_id: None },
            outcome => outcome,
        }
    }

    /// Writes a batch, and its part of the report.
    async fn write(&mut self, work: &mut WriteWork, turn: &Turn<'_>, batch: Vec<PlannedRecord>) -> Result<(), WriteBackError> {
        let writes: Vec<_> = batch.into_iter().filter_map(|record| turn.write(record)).collect();
        if writes.is_empty() {
            return Ok(());
        }
        self.announce(work).await?;
        self.has_written = true;
        let (module, wanted) = (turn.module, writes.iter().map(|(_, _, turn)| turn.write.clone()).collect::<Vec<RecordWrite>>());
        let written = self.target.writer.write(module.turns.module_of(turn.phase), &wanted).await;
        let outcomes = written.map_err(self.target.failed())?;
        if outcomes.len() != writes.len() {
            return Err(PortError::new(ErrorKind::Corrupt, "write as many records as there are").into());
        }
        let as_written = self.as_written();
        let row = |((id, action, TurnWrite { is_main, .. }), outcome)| ReportRow {
            id,
            file: None,
            action,
            is_main,
            outcome: as_written(outcome),
        };
        let rows: Vec<ReportRow> = writes.into_iter().zip(outcomes).map(row).collect();
        rows.iter().filter(|row| row.is_main).for_each(|row| work.outcome.records.count(&row.outcome));
        let part = ReportPart { module: module.pair.wanted().api_name.clone(), phase: turn.phase, rows };
        Ok(self.task.files().set_report(work, module.position, &part).await?)
    }

    /// Says before the first write of a call that it has begun, unless the call before has left it so.
    pub(crate) async fn announce(&self, work: &mut WriteWork) -> Result<(), WriteBackError> {
        if work.is_clean {
            work.is_clean = false;
            self.task.files().set_write_work(work).await?;
        }
        Ok(())
    }
}

const ALL: [PlannedAction; 5] =
    [PlannedAction::Create, PlannedAction::Change, PlannedAction::Delete, PlannedAction::Leave, PlannedAction::Impossible];

/// One turn of a module.
struct Turn<'a> {
    phase: WritePhase,
    module: &'a WrittenModule,
    /// Records that an earlier turn has not written: those of them are left alone, or are the only ones that concern this turn.
    others: HashSet<String>,
}

impl<'a> Turn<'a> {
    async fn open(task: &Task<'_>, phase: WritePhase, module: &'a WrittenModule) -> Result<Self, WriteBackError> {
        let earlier = match phase {
            WritePhase::Tie => Some(WritePhase::Write),
            WritePhase::Retie => Some(WritePhase::Delete),
            _ => None,
        };
        let (files, mut others) = (task.files(), HashSet::new());
        if let Some(earlier) = earlier {
            for name in files.report_parts(Some(earlier), Some(module.position)).await? {
                let part = files.report_part(&name).await?;
                others.extend(part.rows.into_iter().filter(|row| !row.is_there()).map(|row| row.id));
            }
        }
        Ok(Self { phase, module, others })
    }

    /// What is written of a record, with its id as people see it.
    fn write(&self, record: PlannedRecord) -> Option<(String, PlannedAction, TurnWrite)> {
        let id = id_text(self.module.pair.wanted(), &record.id);
        let is_other = self.others.contains(&id);
        let is_concerned = match self.phase {
            WritePhase::Tie => !is_other,
            WritePhase::Retie => is_other,
            _ => true,
        };
        let write = is_concerned.then(|| self.module.turns.write(self.phase, &record)).flatten()?;
        Some((id, record.action, write))
    }
}
