//! Writes records back into the native store, for a restore. Each batch becomes current as a publication of its own, as if the platform had written
//! it; while the platform publishes the same module, the batch is written again on top of that.

mod files;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;

use super::error::WriteError;
use super::find::{IdRanges, RecordReader};
use super::reader::stored_module;
use super::session::{Origin, Session, SessionPorts};
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::profile::FileSource;
use crate::domain::source::SourceErrorKind;
use crate::domain::writing::{Hindrance, HindranceKind, RecordWrite, Refusal, WriteOutcome};
use crate::ports::{Clock, ErrorKind, FileOutcomes, FileWrite, Ids, PortError, SourceError, WriteBatch, Writer};
use crate::telemetry::Causes;

/// How often a batch is written while others publish the same module.
const ATTEMPTS: usize = 10;
/// A publication lists the whole module, so that batches are much larger than those of a database: a restore of 10,000 records lists it five
/// times. What became of a batch is one part of the report.
const BATCH: WriteBatch = WriteBatch { records: 2_000, files: 2_000, file_bytes: 256 << 20 };

/// Writes into the native store of one organisation.
pub struct NativeWriter {
    pub session: SessionPorts,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub org: OrgId,
    /// Which ids blocks have, as far as it is known.
    pub ranges: Arc<IdRanges>,
}

/// What is written of a module.
#[derive(Clone, Copy)]
enum NativeBatch<'a> {
    Records(&'a [RecordWrite]),
    Files(&'a [FileWrite]),
}

/// What a batch makes of a module.
struct NativeVersion {
    /// The new version; `None` if nothing changes.
    version: Option<Module>,
    outcomes: FileOutcomes,
}

/// A failed batch.
#[derive(Debug, thiserror::Error)]
enum NativeError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<NativeError> for SourceError {
    fn from(error: NativeError) -> Self {
        SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }
    }
}

#[async_trait]
impl Writer for NativeWriter {
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
        let current = self.session.catalogue.modules(self.org).await.map_err(NativeError::from)?;
        let is_gone = |module: &&Module| !current.iter().any(|known| known.api_name == module.api_name);
        let gone = |module: &Module| Hindrance { module: module.api_name.clone(), kind: HindranceKind::Gone, field: None };
        Ok(modules.iter().filter(is_gone).map(gone).collect())
    }

    fn batch(&self) -> WriteBatch {
        BATCH
    }

    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError> {
        self.publish(module, NativeBatch::Records(writes)).await?.into_iter().collect()
    }

    async fn write_file(&self, module: &Module, _: Option<&FileSource>, file: &FileWrite) -> Result<WriteOutcome, SourceError> {
        let outcome = self.publish(module, NativeBatch::Files(std::slice::from_ref(file))).await?.pop();
        outcome.unwrap_or_else(|| Err(SourceErrorKind::Interrupted.into()))
    }

    async fn write_files(
        &self,
        module: &Module,
        _: &[Option<&FileSource>],
        files: &[FileWrite],
    ) -> Result<FileOutcomes, SourceError> {
        self.publish(module, NativeBatch::Files(files)).await
    }

    /// The platform numbers its records itself.
    async fn finish(&self, _: &[Module]) -> Result<(), SourceError> {
        Ok(())
    }
}

impl NativeWriter {
    /// Makes a version of the module with the batch, and makes it current unless another one has become so meanwhile: then it begins again.
    async fn publish(&self, module: &Module, batch: NativeBatch<'_>) -> Result<FileOutcomes, SourceError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let begun = Session::begin(self.session.clone(), (self.org, Origin::Native), self.ids.next(now), now).await;
            let session = begun.map_err(NativeError::from)?;
            match self.written(&session, module, batch).await {
                Ok(NativeVersion { version: Some(version), outcomes }) => {
                    match session.publish_if_unchanged(&[version], self.clock.now()).await {
                        Err(error) if error.kind == ErrorKind::Conflict => {
                            tracing::info!(
                                run.org = self.org.0,
                                "a batch is written again, because the platform has published meanwhile"
                            );
                        }
                        published => return Ok(published.map(|()| outcomes).map_err(NativeError::from)?),
                    }
                }
                Ok(NativeVersion { version: None, outcomes }) => {
                    return Ok(session.abandon().await.map(|()| outcomes).map_err(NativeError::from)?);
                }
                Err(error) => {
                    if let Err(unended) = session.abandon().await {
                        tracing::warn!(error = %Causes(&unended), failure = %Causes(&error), "the lease of a failed batch could not be ended");
                    }
                    return Err(error.into());
                }
            }
        }
        Err(SourceErrorKind::Busy.into())
    }

    async fn written(&self, session: &Session, module: &Module, batch: NativeBatch<'_>) -> Result<NativeVersion, NativeError> {
        let Some(current) = session.module_now(&module.api_name) else {
            let count = match batch {
                NativeBatch::Records(writes) => writes.len(),
                NativeBatch::Files(files) => files.len(),
            };
            let refused = || Ok(WriteOutcome::Refused { reason: Refusal::Unsupported });
            return Ok(NativeVersion { version: None, outcomes: std::iter::repeat_with(refused).take(count).collect() });
        };
        let stored = stored_module(&*self.session.stores.objects, self.org, current).await?;
        match batch {
            NativeBatch::Records(writes) => self.records(session, &stored, module, writes).await,
            NativeBatch::Files(files) => self.files(session, &stored, files).await,
        }
    }

    fn reader(&self) -> RecordReader {
        RecordReader { objects: self.session.stores.objects.clone(), org: self.org, ranges: self.ranges.clone() }
    }
}
