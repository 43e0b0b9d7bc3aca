//! Empties the restore target, makes its tables, ties them, and reads them again.

use std::collections::BTreeSet;

use hozon_capture_database::{FreshCapture, capture_fresh};
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::creating::Clearing;
use hozon_shared::drilled::DrillWork;
use hozon_shared::snapshots::of_restore::snapshot_before;
use hozon_shared::snapshots::reader::StoredModule;

use super::steps::Steps;
use crate::error::WriteBackError;
use crate::filling::require_made;

impl Steps<'_> {
    /// Empties the restore target, unless it has something that no drill has made.
    pub(super) async fn clear(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        match self.target.writer.clear().await.map_err(self.target.failed())? {
            Clearing::Occupied { example } => Err(WriteBackError::Occupied { example }),
            Clearing::Cleared => {
                work.left_out.clone_from(&self.backup.left_out);
                work.has_record_tables = !self.backup.record_tables.is_empty();
                work.go_on();
                Ok(true)
            }
        }
    }

    /// Makes the tables. Fails at the first that the server refuses.
    pub(super) async fn create(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let creation = self.target.writer.create(&self.modules(), &[]).await.map_err(self.target.failed())?;
        require_made(&creation)?;
        work.go_on();
        Ok(true)
    }

    /// Adds foreign keys, and sets sequences.
    pub(super) async fn tie(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let (modules, writer) = (self.modules(), &self.target.writer);
        let added = writer.add_foreign_keys(&modules).await.map_err(self.target.failed())?;
        work.foreign_keys_refused = added.faults.into_iter().map(|fault| fault.part.name).collect();
        writer.finish(&modules).await.map_err(self.target.failed())?;
        work.go_on();
        Ok(true)
    }

    /// Reads what was restored.
    pub(super) async fn capture(&self, work: &mut DrillWork) -> Result<CallOutcome, WriteBackError> {
        let (ports, restore) = (self.task.ports, self.task.capture());
        if snapshot_before(&*ports.objects, self.task.org, restore).await?.is_none() {
            let name = |(_, stored): (usize, &StoredModule)| stored.module.api_name.clone();
            let all = self.backup.tables.iter().enumerate();
            let modules: BTreeSet<String> = all.clone().map(name).collect();
            let has_files = |at: usize| work.restored.get(at).is_some_and(|restored| restored.files_placed > 0);
            let with_files: BTreeSet<String> = all.filter(|(at, _)| has_files(*at)).map(name).collect();
            let connection = &self.target.connection;
            let fresh = FreshCapture { connection, restore, modules: &modules, with_files: &with_files };
            match capture_fresh(&ports.capture, &fresh).await? {
                CallOutcome::Done => {}
                goes_on => return Ok(goes_on),
            }
        }
        work.go_on();
        Ok(CallOutcome::Done)
    }
}
