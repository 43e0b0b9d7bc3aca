//! Writers: how records are written back into a CRM.

use async_trait::async_trait;

use super::file_bytes::FileBytes;
use super::source_error::SourceError;
use crate::domain::crm::Module;
use crate::domain::profile::FileSource;
use crate::domain::writing::{FileHashes, Hindrance, RecordWrite, WriteOutcome};

/// A file that is written back to a record.
pub struct FileWrite {
    /// Id of the file, unique within its module.
    pub id: String,
    pub record_id: String,
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    pub hashes: FileHashes,
    pub bytes: FileBytes,
}

/// Writes records back into one kind of source. Every call may be repeated.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Returns what hinders writing these modules, before anything is written: rights that are missing, tables and columns that are gone,
    /// columns without a default that the backup does not have. Empty if nothing does.
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError>;

    /// Writes records of one module in one transaction, and returns what became of each, in order. A record is written only if the CRM still
    /// has what the plan saw. What the source refuses about one record does not hinder the others. If the call itself fails, nothing is
    /// written, or all of it.
    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError>;

    /// Writes a file's bytes where `files` says that they lie, unless other bytes lie there than the plan saw. The record and the row that
    /// describes the file are there already.
    async fn write_file(
        &self,
        module: &Module,
        files: Option<&FileSource>,
        file: &FileWrite,
    ) -> Result<WriteOutcome, SourceError>;

    /// Ends a restore of these modules: sequences give no value that a row has.
    async fn finish(&self, modules: &[Module]) -> Result<(), SourceError>;
}
