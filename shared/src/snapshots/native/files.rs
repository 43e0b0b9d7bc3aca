//! Writes attached files of a module. The other files of the version are listed again as they are; those of one record stay together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};

use super::{NativeError, NativeVersion, NativeWriter};
use crate::domain::snapshot::{FileRun, StoredFile};
use crate::domain::writing::{Refusal, WriteOutcome};
use crate::ports::{ErrorKind, FileDetails, FileOutcomes, FileWrite, ObjectBody, PortError, SourceBytes};
use crate::snapshots::error::WriteError;
use crate::snapshots::file_bytes::ReadFailure;
use crate::snapshots::find::id_of_text;
use crate::snapshots::input::{ModuleHead, NewAttachment, unreadable};
use crate::snapshots::reader::{StoredModule, files};
use crate::snapshots::session::Session;
use crate::snapshots::single_file::FoundFile;
use crate::snapshots::writer::{ModuleWriter, StoredPart};

/// A file of the current version, and the run that has it.
type ListedFile = (Arc<FileRun>, StoredFile);

/// What is done with the files of a batch.
#[derive(Default)]
struct NativeFiles<'a> {
    /// For each file, what became of it; `None` if it is written.
    left: Vec<Option<WriteOutcome>>,
    /// Numbers of the files in the batch that replace one, by its id.
    replacing: HashMap<&'a str, usize>,
    /// Numbers of the files in the batch that are new at a record, by their records.
    new: HashMap<&'a str, Vec<usize>>,
    /// Ids of those that another record has now.
    moved: HashSet<&'a str>,
}

impl NativeWriter {
    /// Makes a version with these files.
    pub(super) async fn files(
        &self,
        session: &Session,
        stored: &StoredModule,
        batch: &[FileWrite],
    ) -> Result<NativeVersion, NativeError> {
        let listed = self.list(stored).await?;
        let mut plan = self.plan(stored, &listed, batch).await?;
        let mut outcomes: FileOutcomes = plan.left.iter().map(|left| Ok(left.clone().unwrap_or(WRITTEN))).collect();
        if plan.left.iter().all(Option::is_some) {
            return Ok(NativeVersion { version: None, outcomes });
        }
        let mut writer =
            session.rest_of_module(ModuleHead::from(&stored.module), StoredPart::rows_of(stored)).knowing(&stored.module);
        let (mut record, mut moved): (Option<String>, Vec<ListedFile>) = (None, Vec::new());
        for (run, file) in listed {
            let of_record = &file.attachment.record_id;
            if let Some(before) = record.replace(of_record.clone()).filter(|before| before != of_record) {
                add(&mut writer, batch, plan.new.remove(&*before), &mut outcomes).await?;
            }
            let id = &*file.attachment.id;
            match plan.replacing.get(id) {
                Some(number) => {
                    add(&mut writer, batch, Some(vec![*number]), &mut outcomes).await?;
                    if outcomes[*number].is_err() {
                        self.keep(&mut writer, (run, file)).await?;
                    }
                }
                None if plan.moved.contains(id) => moved.push((run, file)),
                None => self.keep(&mut writer, (run, file)).await?,
            }
        }
        if let Some(last) = record {
            add(&mut writer, batch, plan.new.remove(&*last), &mut outcomes).await?;
        }
        let mut rest: Vec<Vec<usize>> = plan.new.into_values().collect();
        rest.sort_unstable();
        for numbers in rest {
            add(&mut writer, batch, Some(numbers), &mut outcomes).await?;
        }
        for (run, file) in moved {
            let number = batch.iter().position(|moved| moved.id == file.attachment.id);
            if number.is_some_and(|number| outcomes[number].is_err()) {
                self.keep(&mut writer, (run, file)).await?;
            }
        }
        Ok(NativeVersion { version: Some(writer.finish().await?), outcomes })
    }

    /// Takes the files of a version over, but for those of records that are gone.
    pub(super) async fn with_files_but(
        &self,
        writer: ModuleWriter,
        stored: &StoredModule,
        gone: &HashSet<String>,
    ) -> Result<ModuleWriter, NativeError> {
        let listed = if gone.is_empty() { Vec::new() } else { self.list(stored).await? };
        if !listed.iter().any(|(_, file)| gone.contains(&file.attachment.record_id)) {
            return Ok(writer.keep_attachments(&stored.module).await?);
        }
        let mut writer = writer;
        for (run, file) in listed {
            if !gone.contains(&file.attachment.record_id) {
                self.keep(&mut writer, (run, file)).await?;
            }
        }
        Ok(writer)
    }

    async fn list(&self, stored: &StoredModule) -> Result<Vec<ListedFile>, PortError> {
        let mut listed = Vec::new();
        for run in stored.files.iter().cloned().map(Arc::new) {
            let found = files(&*self.session.stores.objects, self.org, &run).await?;
            listed.extend(found.into_iter().map(|file| (run.clone(), file)));
        }
        Ok(listed)
    }

    async fn plan<'a>(
        &self,
        stored: &StoredModule,
        listed: &[ListedFile],
        batch: &'a [FileWrite],
    ) -> Result<NativeFiles<'a>, PortError> {
        let known: HashMap<&str, &StoredFile> = listed.iter().map(|(_, file)| (&*file.attachment.id, file)).collect();
        let ids: Vec<Vec<u8>> = batch.iter().filter_map(|file| id_of_text(&stored.module, &file.record_id)).collect();
        let records: HashSet<Vec<u8>> = self.reader().find_all(stored, &ids).await?.into_iter().map(|row| row.id).collect();
        let mut plan = NativeFiles::default();
        for (number, file) in batch.iter().enumerate() {
            let is_there = id_of_text(&stored.module, &file.record_id).is_some_and(|id| records.contains(&id));
            let now = known.get(&*file.id);
            let left = match now {
                _ if !is_there => Some(WriteOutcome::Refused { reason: Refusal::Reference { rule: None } }),
                Some(now) if now.sha256 == file.hashes.wanted && !is_as_wanted(now, file) => None,
                now => file.hashes.leave(now.map(|now| &*now.sha256)),
            };
            if left.is_none() {
                match now {
                    Some(now) if now.attachment.record_id == file.record_id => {
                        plan.replacing.insert(&file.id, number);
                    }
                    _ => {
                        plan.moved.extend(now.map(|_| &*file.id));
                        plan.new.entry(&file.record_id).or_default().push(number);
                    }
                }
            }
            plan.left.push(left);
        }
        Ok(plan)
    }

    /// Lists a file again as it is.
    async fn keep(&self, writer: &mut ModuleWriter, (run, file): ListedFile) -> Result<(), NativeError> {
        let (new, size) = (NewAttachment::from(file.attachment.clone()), file.attachment.size);
        if writer.fixed_attachment(&new, Some(size)).await? {
            return Ok(());
        }
        let failure = ReadFailure::default();
        let found = FoundFile::new(run, file);
        let body = body(found.bytes(&self.session.stores.objects, self.org, &failure).read());
        match (writer.attachment(new, body).await, failure.take()) {
            (Err(_), Some(damage)) => Err(damage.into()),
            (stored, _) => Ok(stored.map(drop)?),
        }
    }
}

const WRITTEN: WriteOutcome = WriteOutcome::Written { new_id: None };

fn is_as_wanted(now: &StoredFile, file: &FileWrite) -> bool {
    (&now.attachment.name, &now.attachment.record_id) == (&file.name, &file.record_id)
}

fn attachment(file: &FileWrite) -> NewAttachment {
    let FileDetails { record_name, content_type, created } = file.details.clone();
    let (id, record_id, name) = (file.id.clone(), file.record_id.clone(), file.name.clone());
    NewAttachment { id, record_id, record_name, name, content_type, created }
}

fn body(bytes: SourceBytes) -> ObjectBody {
    bytes.map_err(unreadable).boxed()
}

/// Adds files of the batch. One whose bytes cannot be read is as if it had not been given.
async fn add(
    writer: &mut ModuleWriter,
    batch: &[FileWrite],
    numbers: Option<Vec<usize>>,
    outcomes: &mut FileOutcomes,
) -> Result<(), NativeError> {
    for number in numbers.unwrap_or_default() {
        let file = &batch[number];
        match writer.attachment(attachment(file), body(file.bytes.read())).await {
            Ok(_) => {}
            Err(WriteError::Store(error)) if error.kind == ErrorKind::Corrupt => {
                outcomes[number] = Err(NativeError::from(error).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
