//! Writes the attached files of a drill where the rows say that they lie. Files that the restore target has no place for, such as those in a
//! folder of the CRM, are read from the backup and compared with their hashes.

use futures_util::TryStreamExt;
use hozon_capture_database::{FilePlaces, file_places};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::drill::DrillFault;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::drilled::DrillWork;
use hozon_shared::snapshots::file_bytes::ReadFailure;
use hozon_shared::snapshots::single_file::{FoundFile, found_files};

use super::steps::Steps;
use crate::error::WriteBackError;
use crate::placed::ModuleFiles;

/// What became of a file.
enum PlacedFile {
    /// The restore target has a place for it.
    Placed,
    /// It was read only, and is as it was stored.
    Read,
    /// It was read only, and is damaged.
    Damaged,
}

impl Steps<'_> {
    /// Writes the files of modules, list by list, until the time of the call is over. Returns whether the call may go on.
    pub(super) async fn write_files(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let tables = &self.backup.tables;
        if tables[work.module..].iter().all(|stored| stored.files.is_empty()) {
            work.go_on();
            return Ok(true);
        }
        let places = match work.has_record_tables {
            true => FilePlaces::default(),
            false => file_places(&self.task.ports.capture, &self.target.connection, self.task.capture()).await?,
        };
        while let Some(stored) = tables.get(work.module) {
            let Some(run) = stored.files.get(work.lists) else {
                (work.module, work.lists) = (work.module + 1, 0);
                continue;
            };
            if self.time.is_over() {
                return Ok(false);
            }
            let files = match found_files(&*self.task.ports.objects, self.task.org, run).await {
                Ok(files) => files,
                Err(error) => {
                    self.damage(error)?;
                    work.restored_at(work.module).fault.get_or_insert(DrillFault::Damaged);
                    Vec::new()
                }
            };
            for file in files {
                let placed = self.file(&places, &stored.module, &file).await?;
                let restored = work.restored_at(work.module);
                match placed {
                    PlacedFile::Placed => restored.files_placed += 1,
                    PlacedFile::Read => restored.files_read += 1,
                    PlacedFile::Damaged => {
                        (restored.files_read, restored.files_damaged) = (restored.files_read + 1, restored.files_damaged + 1)
                    }
                }
            }
            work.lists += 1;
            self.task.files().set_work(work).await?;
        }
        work.go_on();
        Ok(true)
    }

    async fn file(&self, places: &FilePlaces, module: &Module, found: &FoundFile) -> Result<PlacedFile, WriteBackError> {
        let (failure, task) = (ReadFailure::default(), self.task);
        let files = ModuleFiles { ports: task.ports, org: task.org, places: Some(places), module: &module.api_name };
        let (place, write) = files.placed(found, None, &failure);
        let written = self.target.writer.write_file(module, place, &write).await;
        match (written, failure.take()) {
            (Ok(WriteOutcome::Refused { reason: Refusal::Unsupported }), _) => self.read(found).await,
            // What is refused otherwise is missing in what is read again.
            (Ok(_), _) => Ok(PlacedFile::Placed),
            (Err(_), Some(failure)) => self.damage(failure).map(|()| PlacedFile::Placed),
            (Err(error), None) => Err(self.target.failed()(error)),
        }
    }

    /// Reads a file to its end, which fails if it is not what was stored.
    async fn read(&self, found: &FoundFile) -> Result<PlacedFile, WriteBackError> {
        let failure = ReadFailure::default();
        let mut bytes = found.bytes(&self.task.ports.objects, self.task.org, &failure).read();
        loop {
            match bytes.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(PlacedFile::Read),
                Err(error) => {
                    let Some(failure) = failure.take() else { return Err(self.target.failed()(error)) };
                    return self.damage(failure).map(|()| PlacedFile::Damaged);
                }
            }
        }
    }
}
