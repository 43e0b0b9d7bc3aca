//! Writes the rows of a drill, table by table, each in one transaction.

use hozon_shared::domain::drill::DrillFault;
use hozon_shared::drilled::DrillWork;
use hozon_shared::ports::PortError;
use hozon_shared::snapshots::reader::{StoredModule, rows};
use hozon_shared::telemetry::Causes;

use super::record_table::RecordTable;
use super::steps::Steps;
use crate::error::WriteBackError;
use crate::filling::{FilledTable, fill_table};
use crate::placed::is_damage;

impl Steps<'_> {
    /// Fills the next table. A call that ends in the middle leaves it empty. Returns whether the call may go on.
    pub(super) async fn fill(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let Some(stored) = self.backup.tables.get(work.module) else {
            work.go_on();
            return Ok(true);
        };
        let Some(fault) = self.time.limit(self.table(stored, self.backup.record_tables.get(work.module))).await else {
            // The next call has all of its time for it.
            let too_long = || WriteBackError::TooLong { module: stored.module.api_name.clone() };
            return if self.is_first { Err(too_long()) } else { Ok(false) };
        };
        work.restored_at(work.module).fault = fault?;
        work.module += 1;
        Ok(true)
    }

    /// Writes all rows of a module into its table. One that has rows was filled by a call that has ended before it could say so.
    async fn table(&self, stored: &StoredModule, made: Option<&RecordTable>) -> Result<Option<DrillFault>, WriteBackError> {
        let rows = rows(self.task.ports.objects.clone(), self.task.org, &stored.module, stored.blocks.clone());
        let (module, rows) = match made {
            Some(made) => (&made.table, made.pages(rows)),
            None => (&stored.module, rows),
        };
        Ok(match fill_table(self.target, module, rows).await? {
            FilledTable::Filled => None,
            FilledTable::Refused(reason) => Some(DrillFault::Refused { reason }),
            FilledTable::Damaged => Some(DrillFault::Damaged),
        })
    }

    /// Takes a failure of the store that says that what was stored is damaged or gone. Others are returned.
    pub(super) fn damage(&self, failure: PortError) -> Result<(), WriteBackError> {
        if !is_damage(&failure) {
            return Err(failure.into());
        }
        tracing::warn!(run.id = self.task.id.0, error = %Causes(&failure), "a drill has found that the data of a backup is damaged");
        Ok(())
    }
}
