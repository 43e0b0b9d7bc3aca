//! Writes the files of one module, behind all rows, where the rows say that they lie. A file is written only if there is no other one at its
//! place than the plan has seen.

use hozon_capture_database::file_places;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::{ErrorKind, PortError, SourceError, WriteBatch};
use hozon_shared::restored::{ReportPart, ReportRow, WriteWork};
use hozon_shared::snapshots::file_bytes::ReadFailure;
use hozon_shared::snapshots::restoring::PlannedAttachment;
use hozon_shared::telemetry::Causes;

use crate::error::WriteBackError;
use crate::placed::{ModuleFiles, is_damage};
use crate::writing::{Stopped, Writing};
use crate::written::WrittenModule;

/// Number of files that differ whose names are read at a time.
const READ_AT_ONCE: usize = 2_000;
/// What the report says of a file that the store does not give as it was stored.
pub(crate) const DAMAGED: &str = "BACKUP_DAMAGED";

impl Writing<'_> {
    /// Writes the files of a module behind the one that `work` names.
    pub(crate) async fn files(&mut self, work: &mut WriteWork, module: &WrittenModule) -> Result<Stopped, WriteBackError> {
        let Some(rule) = &module.files else { return Ok(Stopped::AtItsEnd) };
        loop {
            let page = module.pair.files(rule, work.file.as_deref(), READ_AT_ONCE).await?;
            let files = page.files.into_iter().filter(|file| file.action.is_write()).collect();
            for batch in batches(files, self.target.writer.batch()) {
                if let Some(stopped) = self.must_stop(work).await? {
                    return Ok(stopped);
                }
                self.announce(work).await?;
                let last = batch.last().map(|file| file.wanted.file.attachment.id.clone());
                self.write_files(work, module, batch).await?;
                *work = WriteWork { file: last, batch: work.batch + 1, is_clean: false, ..work.clone() };
                self.task.files().set_write_work(work).await?;
            }
            match page.next {
                Some(next) => work.file = Some(next),
                None => return Ok(Stopped::AtItsEnd),
            }
        }
    }

    /// Writes a batch, and its part of the report.
    async fn write_files(
        &mut self,
        work: &mut WriteWork,
        module: &WrittenModule,
        batch: Vec<PlannedAttachment>,
    ) -> Result<(), WriteBackError> {
        self.open_places().await?;
        let (as_written, mut rows) = (self.as_written(), Vec::new());
        let outcomes = self.outcomes(module, &batch).await?;
        for (file, outcome) in batch.into_iter().zip(outcomes) {
            let outcome = as_written(outcome);
            work.outcome.files.count(&outcome);
            let attachment = file.wanted.file.attachment;
            let (id, file, action) = (attachment.record_id, Some(attachment.id), file.action);
            rows.push(ReportRow { id, file, action, is_main: true, outcome });
        }
        let part = ReportPart { module: module.pair.wanted().api_name.clone(), phase: work.phase, rows };
        Ok(self.task.files().set_report(work, module.position, &part).await?)
    }

    async fn open_places(&mut self) -> Result<(), WriteBackError> {
        if self.places.is_none() {
            self.places = Some(file_places(&self.task.ports.capture, &self.target.connection, self.task.id).await?);
        }
        Ok(())
    }

    /// Writes the files of a batch. Returns what became of each.
    async fn outcomes(&self, module: &WrittenModule, batch: &[PlannedAttachment]) -> Result<Vec<WriteOutcome>, WriteBackError> {
        let failures: Vec<ReadFailure> = batch.iter().map(|_| ReadFailure::default()).collect();
        let name = &module.pair.wanted().api_name;
        let files = ModuleFiles { ports: self.task.ports, org: self.task.org, places: self.places.as_ref(), module: name };
        let placed = batch.iter().zip(&failures).map(|(file, failure)| files.placed(&file.wanted, file.seen.clone(), failure));
        let (places, writes): (Vec<_>, Vec<_>) = placed.unzip();
        let written = self.target.writer.write_files(&module.turns.module, &places, &writes).await;
        let written = written.map_err(self.target.failed())?;
        if written.len() != batch.len() {
            return Err(PortError::new(ErrorKind::Corrupt, "write as many files as there are").into());
        }
        written.into_iter().zip(failures).map(|(written, failure)| self.outcome(written, &failure)).collect()
    }

    fn outcome(&self, written: Result<WriteOutcome, SourceError>, failure: &ReadFailure) -> Result<WriteOutcome, WriteBackError> {
        match (written, failure.take()) {
            (Ok(outcome), _) => Ok(outcome),
            (Err(_), Some(damage)) if is_damage(&damage) => {
                tracing::warn!(run.id = self.task.id.0, error = %Causes(&damage), "a file of a backup is damaged");
                Ok(WriteOutcome::Refused { reason: Refusal::Other { code: DAMAGED.to_owned() } })
            }
            (Err(_), Some(failure)) => Err(failure.into()),
            (Err(error), None) => Err(self.target.failed()(error)),
        }
    }
}

/// Divides files into batches.
fn batches(files: Vec<PlannedAttachment>, most: WriteBatch) -> Vec<Vec<PlannedAttachment>> {
    let mut batches: Vec<Vec<PlannedAttachment>> = Vec::new();
    let mut bytes = most.file_bytes;
    for file in files {
        let size = file.wanted.file.attachment.size;
        match batches.last_mut() {
            Some(last) if last.len() < most.files && bytes + size <= most.file_bytes => {
                last.push(file);
                bytes += size;
            }
            _ => {
                batches.push(vec![file]);
                bytes = size;
            }
        }
    }
    batches
}
