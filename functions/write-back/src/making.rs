//! Makes the tables that a restore target lacks: before the first row is written; foreign keys follow behind the last one. Rows that nothing
//! identifies are written in one transaction.

use std::collections::BTreeSet;

use hozon_shared::domain::creating::is_table;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::restore::{PlannedAction, Restore};
use hozon_shared::domain::writing::{HindranceKind, Refusal, WriteOutcome};
use hozon_shared::restore_plan::{PlanReader, WantedRecords};
use hozon_shared::restored::{ReportPart, ReportRow, WritePhase, WriteWork};
use hozon_shared::snapshots::reader::rows;

use crate::error::WriteBackError;
use crate::files::DAMAGED;
use crate::filling::{FilledTable, fill_table, require_made};
use crate::target::Target;
use crate::task::Task;
use crate::writing::{Stopped, Writing};
use crate::written::WrittenModule;

/// API names of the modules that the restore target does not have, and whose tables are made. They cannot be captured.
pub(crate) async fn missing(
    task: &Task<'_>,
    target: &Target,
    restore: &Restore,
    wanted: &WantedRecords,
) -> Result<BTreeSet<String>, WriteBackError> {
    if !restore.create {
        return Ok(BTreeSet::new());
    }
    let modules = wanted.modules(&*task.ports.objects, task.org).await?;
    let found = target.writer.check(&modules).await.map_err(target.failed())?;
    let gone = found.into_iter().filter(|hindrance| hindrance.kind == HindranceKind::Gone && hindrance.field.is_none());
    Ok(gone.map(|hindrance| hindrance.module).collect())
}

/// Makes the tables of a plan, before the first row is written. May be repeated.
pub(crate) async fn make_tables(
    target: &Target,
    reader: &PlanReader,
    restore: &Restore,
    work: &WriteWork,
) -> Result<(), WriteBackError> {
    let names = restore.plan.as_ref().map(|plan| plan.creates.clone()).unwrap_or_default();
    if names.is_empty() || *work != WriteWork::default() {
        return Ok(());
    }
    let modules = tables(reader).await?;
    let modules: Vec<Module> = modules.into_iter().filter(|module| names.contains(&module.api_name)).collect();
    require_made(&target.writer.create(&modules, &[]).await.map_err(target.failed())?)
}

/// Adds the foreign keys that the tables of a plan lack, if it has made some of them.
pub(crate) async fn tie_tables(
    task: &Task<'_>,
    target: &Target,
    reader: &PlanReader,
    restore: &Restore,
    work: &mut WriteWork,
) -> Result<(), WriteBackError> {
    if restore.plan.as_ref().is_none_or(|plan| plan.creates.is_empty()) {
        return Ok(());
    }
    let added = target.writer.add_foreign_keys(&tables(reader).await?).await.map_err(target.failed())?;
    work.foreign_keys_refused = added.faults.into_iter().map(|fault| fault.part.name).collect();
    Ok(task.files().set_write_work(work).await?)
}

async fn tables(reader: &PlanReader) -> Result<Vec<Module>, WriteBackError> {
    let pairs = reader.modules().await?;
    Ok(pairs.iter().map(|pair| pair.wanted()).filter(|module| is_table(module)).cloned().collect())
}

impl Writing<'_> {
    /// Writes all rows of a module that nothing identifies into its new table.
    pub(crate) async fn fill(&mut self, work: &mut WriteWork, module: &WrittenModule) -> Result<Stopped, WriteBackError> {
        if work.phase != WritePhase::Write {
            return Ok(Stopped::AtItsEnd);
        }
        if let Some(stopped) = self.must_stop(work).await? {
            return Ok(stopped);
        }
        self.announce(work).await?;
        let stored = module.pair.stored();
        let rows = rows(self.task.ports.objects.clone(), self.task.org, &stored.module, stored.blocks.clone());
        let Some(filled) = self.time.limit(fill_table(self.target, &stored.module, rows)).await else {
            let too_long = || WriteBackError::TooLong { module: stored.module.api_name.clone() };
            // The next call has all of its time for it.
            return if self.has_written { self.stop_for_time(work).await } else { Err(too_long()) };
        };
        self.has_written = true;
        let refused = match filled? {
            FilledTable::Filled => {
                work.outcome.records.written += stored.module.rows;
                return Ok(Stopped::AtItsEnd);
            }
            FilledTable::Refused(reason) => reason,
            FilledTable::Damaged => Refusal::Other { code: DAMAGED.to_owned() },
        };
        work.outcome.records.refused += stored.module.rows;
        let (action, outcome) = (PlannedAction::Create, WriteOutcome::Refused { reason: refused });
        let rows = vec![ReportRow { id: String::new(), file: None, action, is_main: true, outcome }];
        let part = ReportPart { module: stored.module.api_name.clone(), phase: work.phase, rows };
        self.task.files().set_report(work, module.position, &part).await?;
        Ok(Stopped::AtItsEnd)
    }
}
