//! Compares what a drill has restored with the backup, by the lists of ids and hashes.

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::differences::{Counted, DifferenceExamples, ModuleDifferences, ModuleState};
use hozon_shared::domain::drill::{DrillFault, DrilledModule};
use hozon_shared::drilled::{DrillWork, RestoredModule};
use hozon_shared::snapshots::differences::compare_versions;
use hozon_shared::snapshots::document::{Snapshot, SnapshotModule};
use hozon_shared::snapshots::of_restore::snapshot_before;
use hozon_shared::snapshots::reader::StoredModule;

use super::steps::Steps;
use crate::error::WriteBackError;

impl Steps<'_> {
    /// Compares modules until the time of the call is over. Returns whether all are compared.
    pub(super) async fn compare(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let task = self.task;
        let fresh = snapshot_before(&*task.ports.objects, task.org, task.capture()).await?.ok_or(WriteBackError::SnapshotGone)?;
        while let Some(stored) = self.backup.tables.get(work.module) {
            let restored = work.restored_at(work.module).clone();
            let compared = self.module(&fresh, stored, restored).await?;
            work.compared.truncate(work.module);
            work.compared.push(compared);
            work.module += 1;
            if self.time.is_over() {
                return Ok(false);
            }
            task.files().set_work(work).await?;
        }
        work.go_on();
        Ok(true)
    }

    async fn module(
        &self,
        fresh: &Snapshot,
        stored: &StoredModule,
        restored: RestoredModule,
    ) -> Result<DrilledModule, WriteBackError> {
        let (task, name) = (self.task, &stored.module.api_name);
        let objects = &task.ports.objects;
        let wanted = SnapshotModule::from(stored.module.clone());
        let found = fresh.modules.iter().find(|module| module.api_name == *name);
        match compare_versions((objects, task.org), Some(&wanted), found).await {
            Ok(compared) => Ok(judged(compared.ok_or(WriteBackError::SnapshotGone)?, restored)),
            Err(error) => self.damage(error).map(|()| unreadable(&stored.module, restored)),
        }
    }
}

/// What is said of a module whose lists of ids and hashes the store does not give.
fn unreadable(module: &Module, restored: RestoredModule) -> DrilledModule {
    let before = |before| Counted { before, ..Counted::default() };
    let differences = ModuleDifferences {
        api_name: module.api_name.clone(),
        label: module.label.clone(),
        state: ModuleState::Changed,
        partly: None,
        rows: before(module.rows),
        files: before(module.attachments),
        examples: DifferenceExamples::default(),
    };
    DrilledModule { differences, fault: Some(DrillFault::Damaged), files_read: restored.files_read }
}

/// What was found in a module, with its files that were read only.
fn judged(differences: ModuleDifferences, restored: RestoredModule) -> DrilledModule {
    let RestoredModule { fault, files_read, files_damaged, .. } = restored;
    let Counted { before, after, added, changed, deleted } = differences.files;
    // They are missing in what was read from the restore target.
    let kept = files_read - files_damaged;
    let files = Counted { before, after: (after + kept).min(before), added, changed, deleted: deleted.saturating_sub(kept) };
    let is_whole = differences.partly.is_none() && differences.rows.differing() + files.differing() == 0;
    let state = match differences.state {
        ModuleState::Changed if is_whole => ModuleState::Same,
        other => other,
    };
    DrilledModule { differences: ModuleDifferences { state, files, ..differences }, fault, files_read }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(state: ModuleState, files: Counted) -> ModuleDifferences {
        let (api_name, label, examples) = ("deal".to_owned(), "Deals".to_owned(), DifferenceExamples::default());
        ModuleDifferences { api_name, label, state, partly: None, rows: Counted::default(), files, examples }
    }

    #[test]
    fn files_that_were_read_only_are_not_missing_unless_they_are_damaged() {
        let files = Counted { before: 5, after: 2, deleted: 3, ..Counted::default() };
        let read = RestoredModule { files_placed: 2, files_read: 3, ..RestoredModule::default() };
        let same = judged(differences(ModuleState::Changed, files), read.clone());
        assert!(same.is_same() && same.differences.files.after == 5, "{same:?}");
        let damaged = judged(differences(ModuleState::Changed, files), RestoredModule { files_damaged: 1, ..read });
        assert!(!damaged.is_same() && damaged.differences.files.deleted == 1, "{damaged:?}");
    }

    #[test]
    fn a_fault_is_a_difference_even_where_no_row_is_missing() {
        let fault = RestoredModule { fault: Some(DrillFault::Damaged), ..RestoredModule::default() };
        assert!(!judged(differences(ModuleState::Same, Counted::default()), fault).is_same());
    }
}
