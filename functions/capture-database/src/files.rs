//! Files attached to the records of a module: reads them from the source, and stores them as attachments.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::{Gap, GapKind, MissingFiles, SourceErrorKind, SourceModule};
use hozon_shared::ports::{ErrorKind, FileBytes, FilesReading, ObjectBody, PortError, SourceError, SourceFile};
use hozon_shared::snapshots::error::WriteError;
use hozon_shared::snapshots::input::NewAttachment;
use hozon_shared::snapshots::writer::ModuleWriter;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::{CaptureError, of};
use crate::next::{Stop, wait_for};
use crate::source::{Chosen, Source};

const OCTETS: &str = "application/octet-stream";

/// The files of a state's modules.
pub(crate) struct Files<'a> {
    pub source: &'a Source<'a>,
    pub chosen: &'a Chosen,
    /// When to stop between two files; `None` if another call cannot go on.
    pub end: Option<Instant>,
}

impl Files<'_> {
    /// Stores the files of a module's records behind its rows, of which the first are `stored` already. Returns what is not contained
    /// of them, and why it has stopped.
    pub(crate) async fn write(
        &self,
        writer: &mut ModuleWriter,
        module: &SourceModule,
        stored: u64,
    ) -> Result<(Vec<Gap>, Stop), CaptureError> {
        let mut found = Found { stored, ..Found::default() };
        let failed = of(&self.source.address);
        let own = self.chosen.state.attachments(&self.chosen.shaped.as_found(module)).await;
        if let Some(reading) = own.map_err(&failed)? {
            let stop = self.write_all(writer, (&module.api_name, reading), "", &mut found).await?;
            return Ok((found.gaps(&module.api_name), stop));
        }
        let sources = self.sources(module);
        for source in &sources {
            let prefix = prefix_of(source, sources.len());
            let reading = self.chosen.state.files(source).await.map_err(&failed)?;
            let stop = self.write_all(writer, (&source.table, reading), &prefix, &mut found).await?;
            if stop != Stop::AtItsEnd {
                return Ok((Vec::new(), stop));
            }
            self.confirm(source).await?;
        }
        Ok((found.gaps(&module.api_name), Stop::AtItsEnd))
    }

    /// Where the files of a module are, without what the administrator leaves out.
    pub(crate) fn sources(&self, module: &SourceModule) -> Vec<FileSource> {
        let Some(profile) = self.source.profile else { return Vec::new() };
        let found = profile.files_of(&self.chosen.shaped.as_found(module), self.chosen.state.modules()).into_iter();
        let kept = found.filter_map(|source| {
            let table = self.chosen.shaped.shown(&source.table).to_owned();
            source.without_omissions(&table, &self.source.omitted)
        });
        kept.collect()
    }

    /// Makes sure that no table that says which files there are was altered.
    async fn confirm(&self, source: &FileSource) -> Result<(), CaptureError> {
        for name in [Some(&source.table), source.kinds.as_ref()].into_iter().flatten() {
            if let Some(table) = self.chosen.state.modules().iter().find(|table| table.api_name == *name) {
                self.chosen.state.confirm(table).await.map_err(of(&self.source.address))?;
            }
        }
        Ok(())
    }

    /// Stores the files of a table or module.
    async fn write_all(
        &self,
        writer: &mut ModuleWriter,
        (table, FilesReading { counted, mut files }): (&str, FilesReading),
        prefix: &str,
        found: &mut Found,
    ) -> Result<Stop, CaptureError> {
        let (failed, mut read) = (of(&self.source.address), 0);
        loop {
            let mut file = match files.try_next().await.map_err(&failed) {
                Ok(None) => break,
                Ok(Some(file)) => file,
                Err(error) => return wait_for(error).map(Stop::For),
            };
            if *self.source.is_cancelled.borrow() {
                return Err(CaptureError::NotRunning);
            }
            read += 1;
            let (fixed, bytes) = (file.is_fixed.then_some(file.size), file.bytes.take());
            let Some(bytes) = found.add(&file, bytes) else { continue };
            let name = file.name.clone();
            match self.store(writer, attachment(file, prefix), (fixed, bytes)).await {
                Ok(()) => {}
                Err(error) if is_gone(&error) => found.missing.add(name),
                Err(error) => return wait_for(error).map(Stop::For),
            }
            if self.end.is_some_and(|end| Instant::now() >= end) {
                return Ok(Stop::ForTime);
            }
        }
        match counted {
            Some(counted) if counted != read => Err(failed(SourceErrorKind::CountDiffers(table.to_owned()).into())),
            _ => Ok(Stop::AtItsEnd),
        }
    }

    async fn store(
        &self,
        writer: &mut ModuleWriter,
        new: NewAttachment,
        (fixed, bytes): (Option<Option<u64>>, FileBytes),
    ) -> Result<(), CaptureError> {
        if let Some(size) = fixed
            && writer.fixed_attachment(&new, size).await?
        {
            return Ok(());
        }
        let failure = FirstFailure::default();
        let stored = store(writer, new, || failure.watch(&bytes, self.source.is_cancelled.subscribe())).await;
        match (failure.take(), stored) {
            (Some(error), _) => Err(of(&self.source.address)(error)),
            (None, Err(_)) if *self.source.is_cancelled.borrow() => Err(CaptureError::NotRunning),
            (None, stored) => Ok(stored?),
        }
    }
}

/// What comes before the ids of a table's files if a module has files in several tables: ids are unique within their table.
pub(crate) fn prefix_of(source: &FileSource, tables: usize) -> String {
    if tables > 1 { format!("{}-", source.table) } else { String::new() }
}

/// What was found of a module's files.
#[derive(Default)]
struct Found {
    /// Number of the next files that are stored already.
    stored: u64,
    missing: MissingFiles,
    links: MissingFiles,
}

impl Found {
    /// Adds a file. Returns its bytes if they are to be stored.
    fn add(&mut self, file: &SourceFile, bytes: Option<FileBytes>) -> Option<FileBytes> {
        if file.is_link {
            self.links.add(file.name.clone());
        }
        if bytes.is_none() {
            self.missing.add(file.name.clone());
        }
        match self.stored {
            0 => bytes,
            _ => {
                self.stored -= u64::from(bytes.is_some());
                None
            }
        }
    }

    fn gaps(self, module: &str) -> Vec<Gap> {
        let gap = |(files, kind): (MissingFiles, GapKind)| Gap { files: Some(files), ..Gap::of(module, kind) };
        let kinds = [(self.missing, GapKind::MissingFiles), (self.links, GapKind::Links)];
        kinds.into_iter().filter(|(files, _)| files.count > 0).map(gap).collect()
    }
}

/// Whether the source named a file and does not give it.
fn is_gone(error: &CaptureError) -> bool {
    matches!(error, CaptureError::Source { source: SourceError { kind: SourceErrorKind::FileGone, .. }, .. })
}

/// Stores an attachment. `read` reads it from its beginning.
async fn store(writer: &mut ModuleWriter, new: NewAttachment, read: impl Fn() -> ObjectBody) -> Result<(), WriteError> {
    if writer.unchanged_attachment(&new, &read).await? {
        return Ok(());
    }
    writer.attachment(new, read()).await.map(drop)
}

fn attachment(file: SourceFile, prefix: &str) -> NewAttachment {
    NewAttachment {
        id: format!("{prefix}{}", file.id),
        record_id: file.record_id,
        record_name: String::new(),
        name: file.name,
        content_type: file.media_type.unwrap_or_else(|| OCTETS.to_owned()),
        created: file.created,
    }
}

/// The failure of a source while the store reads from it. The store would report it as its own.
#[derive(Clone, Default)]
struct FirstFailure(Arc<Mutex<Option<SourceError>>>);

impl FirstFailure {
    /// Reads a file until the source fails or the backup is cancelled.
    fn watch(&self, bytes: &FileBytes, is_cancelled: watch::Receiver<bool>) -> ObjectBody {
        let failure = self.clone();
        let stopped = || PortError::new(ErrorKind::Unavailable, "read a file of the source");
        let watched = bytes.read().map(move |piece| match piece {
            Ok(_) if *is_cancelled.borrow() => Err(stopped()),
            Ok(piece) => Ok(piece),
            Err(error) => {
                *failure.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(stopped())
            }
        });
        watched.boxed()
    }

    fn take(&self) -> Option<SourceError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
