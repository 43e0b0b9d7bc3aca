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

use crate::error::{CaptureError, of};
use crate::source::{Chosen, Source};

const OCTETS: &str = "application/octet-stream";

/// The files of a state's modules.
pub(crate) struct Files<'a> {
    pub source: &'a Source<'a>,
    pub chosen: &'a Chosen,
}

impl Files<'_> {
    /// Stores the files of a module's records behind its rows. Returns the gap of those that could not be read.
    pub(crate) async fn write(&self, writer: &mut ModuleWriter, module: &SourceModule) -> Result<Option<Gap>, CaptureError> {
        let mut missing = MissingFiles::default();
        let sources = self.sources(module);
        for source in &sources {
            // Ids are unique within their table.
            let prefix = if sources.len() > 1 { format!("{}-", source.table) } else { String::new() };
            self.write_all(writer, source, &prefix, &mut missing).await?;
            self.confirm(source).await?;
        }
        let lost = (missing.count > 0).then(|| Gap { files: Some(missing), ..Gap::of(&module.api_name, GapKind::MissingFiles) });
        Ok(lost)
    }

    /// Where the files of a module are, without what the administrator leaves out.
    fn sources(&self, module: &SourceModule) -> Vec<FileSource> {
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

    async fn write_all(
        &self,
        writer: &mut ModuleWriter,
        source: &FileSource,
        prefix: &str,
        missing: &mut MissingFiles,
    ) -> Result<(), CaptureError> {
        let failed = of(&self.source.address);
        let FilesReading { counted, mut files } = self.chosen.state.files(source).await.map_err(&failed)?;
        let mut read = 0;
        while let Some(mut file) = files.try_next().await.map_err(&failed)? {
            if *self.source.is_cancelled.borrow() {
                return Err(CaptureError::NotRunning);
            }
            read += 1;
            match file.bytes.take() {
                Some(bytes) => self.store(writer, attachment(file, prefix), bytes).await?,
                None => missing.add(file.name),
            }
        }
        if counted.is_some_and(|counted| counted != read) {
            return Err(failed(SourceErrorKind::CountDiffers(source.table.clone()).into()));
        }
        Ok(())
    }

    async fn store(&self, writer: &mut ModuleWriter, new: NewAttachment, bytes: FileBytes) -> Result<(), CaptureError> {
        let failure = FirstFailure::default();
        let stored = store(writer, new, || failure.watch(&bytes, self.source.is_cancelled.subscribe())).await;
        match (failure.take(), stored) {
            (Some(error), _) => Err(of(&self.source.address)(error)),
            (None, Err(_)) if *self.source.is_cancelled.borrow() => Err(CaptureError::NotRunning),
            (None, stored) => Ok(stored?),
        }
    }
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
