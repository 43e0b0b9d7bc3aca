//! Connectors: how a CRM that exists is read.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::file_bytes::FileBytes;
use super::source_error::SourceError;
use super::writing::Writer;
use crate::domain::profile::FileSource;
use crate::domain::rows::RowPage;
use crate::domain::source::{Gap, SourceErrorKind, SourceModule, SourceReport};
use crate::domain::structure::Sequence;

/// Rows of one module in the source's order.
pub type SourceRows = BoxStream<'static, Result<SourcePage, SourceError>>;

/// Rows of one module, and the place behind them.
#[derive(Debug, Clone)]
pub struct SourcePage {
    pub rows: RowPage,
    /// Where reading the same state goes on later; `None` if the module can only be read from its beginning.
    pub behind: Option<ResumePoint>,
}

/// A place between two rows of a module in one state, in the connector's own notation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumePoint(pub String);

/// The rows of a module as they come, one cell for each of its fields.
pub struct ModuleReading {
    /// Number of rows, as the source itself has counted them in the same state; `None` if the module is in no state of its own, and
    /// where reading was resumed.
    pub counted: Option<u64>,
    pub rows: SourceRows,
}

/// Buckets in which CRMs keep attached files.
#[async_trait]
pub trait FileBuckets: Send + Sync {
    /// Opens an object; `None` if it is not there, or may not be read.
    async fn open(&self, bucket: &str, key: &str) -> Result<Option<FileBytes>, SourceError>;
}

/// Files of a module's records as they come. Files of one record are adjacent. Each file's bytes are read before the next file is
/// taken.
pub struct FilesReading {
    /// Number of files, as the source itself has counted them in the same state; `None` if it does not count them.
    pub counted: Option<u64>,
    pub files: BoxStream<'static, Result<SourceFile, SourceError>>,
}

/// A file that is attached to a record.
pub struct SourceFile {
    /// Unique within its table.
    pub id: String,
    /// Whether the file never changes under its id, so that one that is stored already need not be read.
    pub is_fixed: bool,
    /// Size in bytes; `None` if the source does not say it.
    pub size: Option<u64>,
    /// Whether the bytes are a link to the file.
    pub is_link: bool,
    pub record_id: String,
    pub name: String,
    /// `None` if the source does not say it.
    pub media_type: Option<String>,
    /// `None` if the source does not say it.
    pub created: Option<DateTime<Utc>>,
    /// `None` if the source names a file that is gone or cannot be read.
    pub bytes: Option<FileBytes>,
}

/// What has changed in a module.
pub struct ModuleChanges {
    /// Nothing that changed before is missing.
    pub until: DateTime<Utc>,
    /// Records that are new or were changed, as they are now, with a cell for each field.
    pub rows: SourceRows,
    /// Ids of records that were deleted.
    pub deleted: Vec<String>,
    /// Number of records, as the source itself counts them after the changes were read; `None` if it does not count them.
    pub counted: Option<u64>,
    /// Whether files of its records may have come or gone.
    pub has_new_files: bool,
}

/// Reads one kind of source.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Returns whether the source can be reached, and what a backup of it would contain.
    async fn check(&self) -> Result<SourceReport, SourceError>;
    /// Begins a consistent state of the source, which can be read while the answer lives.
    async fn hold(&self, protection: Protection) -> Result<Box<dyn HeldState>, SourceError>;
    /// Becomes one more holder of a state that another process holds, and that ends with its last holder. Fails with `StateLost`
    /// if the holder that has given the token is gone: the capture then begins anew.
    async fn join(&self, _: &StateToken) -> Result<Box<dyn HeldState>, SourceError> {
        Err(SourceErrorKind::Unsupported("its states end with the connection that began them").into())
    }
    /// Returns what writes records back; `None` if this kind of source cannot be written.
    fn writer(&self) -> Option<Box<dyn Writer>> {
        None
    }
}

/// How another process joins a state that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateToken {
    /// Name under which one holder offers the state. Each holder has a name of its own, which ends with it.
    pub name: String,
    /// What the connector has noted of the state. It is the same for all its holders, so that it need be stored only once.
    pub noted: serde_json::Value,
}

/// How a state is protected from changes of structure while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The source goes on as always. [`HeldState::confirm`] notices what the state does not show.
    Notice,
    /// Nobody alters or empties a module until the state ends; who tries to waits. Reading and writing rows go on.
    Lock,
}

/// One consistent state of a source. All reads show it, whatever changes in the meantime.
#[async_trait]
pub trait HeldState: Send + Sync {
    /// Returns the modules of this state in order.
    fn modules(&self) -> &[SourceModule];
    /// Returns what this state does not show.
    fn gaps(&self) -> &[Gap];
    /// Returns the sequences that belong to no module.
    fn sequences(&self) -> &[Sequence];
    /// Reads a module, from its beginning or on from a place that an earlier page of the same state has given. May be called for
    /// several modules at a time. Locks that reading needs end with the rows.
    async fn read(&self, module: &SourceModule, from: Option<&ResumePoint>) -> Result<ModuleReading, SourceError>;
    /// Reads files that are attached to records. Locks that reading needs end with the files.
    async fn files(&self, files: &FileSource) -> Result<FilesReading, SourceError>;
    /// Fails with `Changed` if the module was altered since the state began in a way that the state does not show. What
    /// was read of it is then worth nothing.
    async fn confirm(&self, module: &SourceModule) -> Result<(), SourceError>;
    /// Reads files of a module's records where the source itself ties them to records; `None` if only a profile does.
    async fn attachments(&self, _: &SourceModule) -> Result<Option<FilesReading>, SourceError> {
        Ok(None)
    }
    /// Reads what has changed in a module since then, a little earlier included; `None` if the state does not change. `files` are the ids
    /// of the files that were read of it.
    async fn changes(
        &self,
        _: &SourceModule,
        _since: DateTime<Utc>,
        _files: &[String],
    ) -> Result<Option<ModuleChanges>, SourceError> {
        Ok(None)
    }
    /// Whether processes may join this state after all others have ended.
    fn is_standing(&self) -> bool {
        false
    }
    /// Which state of the source this is, in one sentence for the manifest, where the connector has to say it.
    fn consistency(&self) -> Option<String> {
        None
    }
    /// Descriptions of the source beyond its modules, as JSON documents, each with its name.
    fn metadata(&self) -> &[(String, serde_json::Value)] {
        &[]
    }
    /// How another process may join this state while this one holds it; `None` if the state ends with this process.
    fn token(&self) -> Option<StateToken> {
        None
    }
}
