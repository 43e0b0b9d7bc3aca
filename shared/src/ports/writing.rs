//! Writers: how records are written back into a CRM.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use super::file_bytes::FileBytes;
use super::source_error::SourceError;
use crate::domain::creating::{Clearing, Creation};
use crate::domain::crm::{Attachment, Module};
use crate::domain::profile::FileSource;
use crate::domain::rows::RowPage;
use crate::domain::source::SourceErrorKind;
use crate::domain::structure::Sequence;
use crate::domain::write_order::FieldReference;
use crate::domain::writing::{FileHashes, FillOutcome, Hindrance, RecordWrite, WriteOutcome};

/// Rows for an empty table, with a cell for each field that backups contain.
pub type NewRows = BoxStream<'static, Result<RowPage, SourceError>>;

/// A file that is written back to a record.
pub struct FileWrite {
    /// Id of the file, unique within its module.
    pub id: String,
    pub record_id: String,
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    pub hashes: FileHashes,
    pub details: FileDetails,
    pub bytes: FileBytes,
}

/// What backups know of a file besides. In most sources the row that describes the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileDetails {
    /// Display name of the record.
    pub record_name: String,
    /// Media type.
    pub content_type: String,
    /// When the file was attached.
    pub created: Option<DateTime<Utc>>,
}

impl From<&Attachment> for FileDetails {
    fn from(file: &Attachment) -> Self {
        let Attachment { record_name, content_type, created, .. } = file.clone();
        Self { record_name, content_type, created }
    }
}

/// How much is written at a time. The place behind it is stored before more is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteBatch {
    /// Number of records.
    pub records: usize,
    /// Number of files.
    pub files: usize,
    /// Size of those files in bytes, unless a single one is larger.
    pub file_bytes: u64,
}

impl WriteBatch {
    /// For a source that writes each file on its own.
    pub const USUAL: Self = Self { records: 100, files: 20, file_bytes: 32 << 20 };
}

/// What became of each file of a batch, or why it could not be read or written.
pub type FileOutcomes = Vec<Result<WriteOutcome, SourceError>>;

/// Ids that a CRM has given to records that were created again, by the ids that they had before.
pub type NewIds = HashMap<String, String>;

/// What a restore has written before, for writers of CRMs that give ids of their own.
#[derive(Debug, Clone)]
pub struct WrittenBefore {
    pub new_ids: NewIds,
    /// When the restore began to write.
    pub begun: DateTime<Utc>,
    /// Whether the next batch may be written already, by a call that has ended before it could say so.
    pub may_be_written: bool,
}

/// Writes records back into one kind of source. Every call may be repeated.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Returns what hinders writing these modules, before anything is written: rights that are missing, tables and columns that are gone,
    /// columns without a default that the backup does not have. Empty if nothing does.
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError>;

    /// How much is written at a time.
    fn batch(&self) -> WriteBatch {
        WriteBatch::USUAL
    }

    /// Whether the CRM gives new ids to records that are created again. Then [`Self::recall`] is called before the first write.
    fn gives_ids(&self) -> bool {
        false
    }

    /// Takes what the restore has written before. References to records that were created again lead to their new ids from then on.
    fn recall(&self, _before: WrittenBefore) {}

    /// Fields by which records of these modules refer to one another, where the structures of modules do not say it.
    async fn references(&self, _modules: &[Module]) -> Result<Vec<FieldReference>, SourceError> {
        Ok(Vec::new())
    }

    /// Writes records of one module in one transaction, and returns what became of each, in order. A record is written only if the CRM still
    /// has what the plan saw. What the source refuses about one record does not hinder the others. If the call itself fails, nothing is
    /// written, or all of it; where there are no transactions, a part of it may be.
    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError>;

    /// Writes a file's bytes where `files` says that they lie, unless other bytes lie there than the plan saw. The record and the row that
    /// describes the file are there already.
    async fn write_file(
        &self,
        module: &Module,
        files: Option<&FileSource>,
        file: &FileWrite,
    ) -> Result<WriteOutcome, SourceError>;

    /// Writes several files as [`Self::write_file`] does, each with the place that the source's profile names. Returns what became of each, in order.
    async fn write_files(
        &self,
        module: &Module,
        places: &[Option<&FileSource>],
        files: &[FileWrite],
    ) -> Result<FileOutcomes, SourceError> {
        let mut outcomes = Vec::new();
        for (place, file) in places.iter().zip(files) {
            outcomes.push(self.write_file(module, *place, file).await);
        }
        Ok(outcomes)
    }

    /// Ends a restore of these modules: sequences give no value that a row has.
    async fn finish(&self, modules: &[Module]) -> Result<(), SourceError>;

    /// Makes the tables of these modules that the database lacks, as their structures say, with all that belongs to them but foreign keys,
    /// and these sequences, which belong to no table. What is there already stays as it is. It stops at the first part that the server
    /// refuses; where statements of this kind can be undone, nothing is made then. Fails with `Unsupported` if this kind of source has no
    /// tables.
    async fn create(&self, _modules: &[Module], _sequences: &[Sequence]) -> Result<Creation, SourceError> {
        Err(SourceErrorKind::Unsupported("tables can be made in PostgreSQL, MySQL and MariaDB only").into())
    }

    /// Writes all rows of a module that nothing identifies, in one transaction, if its table has none.
    async fn fill(&self, _module: &Module, _rows: NewRows) -> Result<FillOutcome, SourceError> {
        Err(SourceErrorKind::Unsupported("tables can be filled in PostgreSQL, MySQL and MariaDB only").into())
    }

    /// Deletes everything in a database that is empty, or that an earlier call has marked as one that is there for drills only, and marks it.
    /// A database with anything else stays as it is. A call that is interrupted goes on when it is repeated.
    async fn clear(&self) -> Result<Clearing, SourceError> {
        Err(SourceErrorKind::Unsupported("only PostgreSQL, MySQL and MariaDB can be emptied").into())
    }

    /// Adds the foreign keys that tables of these modules lack. One that is refused does not hinder the others.
    async fn add_foreign_keys(&self, _modules: &[Module]) -> Result<Creation, SourceError> {
        Err(SourceErrorKind::Unsupported("tables can be made in PostgreSQL, MySQL and MariaDB only").into())
    }
}
