//! Snapshots of a CRM: its records and attachments at one moment.

use std::ops::Range;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::{ObjectBody, ObjectRef, PortError};
use crate::domain::crm::{Attachment, Module};
use crate::domain::id::OrgId;
use crate::domain::rows::RowPiece;

/// Rows in snapshot order.
pub type RowStream = BoxStream<'static, Result<RowPiece, PortError>>;

/// Attachments in snapshot order.
pub type AttachmentStream = BoxStream<'static, Result<Attachment, PortError>>;

/// A description of the source for the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Kind of source, for example `native`.
    pub kind: String,
    /// One sentence that says which state of the CRM a backup shows.
    pub consistency: String,
}

/// Reads a CRM. Reading by a [`Module`] that `modules` returned yields the same bytes for at least two days.
#[async_trait]
pub trait SnapshotReader: Send + Sync {
    /// Describes the source.
    fn info(&self) -> SourceInfo;
    /// Lists all modules in the CRM's order, including those that backups leave out.
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// Reads the rows of a range of row numbers (from 0), with every field in each.
    async fn rows(&self, org: OrgId, module: &Module, rows: Range<u64>) -> Result<RowStream, PortError>;
    /// Reads the attachments of a range of numbers (from 0). Attachments of one record are adjacent.
    async fn attachments(&self, org: OrgId, module: &Module, range: Range<u64>) -> Result<AttachmentStream, PortError>;
    /// Opens an attachment's file, or a range of it up to the file's end. Fails with `NotFound` if the source has lost
    /// the file.
    async fn open(&self, org: OrgId, attachment: &Attachment, range: Option<Range<u64>>) -> Result<ObjectBody, PortError>;
    /// Returns the object that holds exactly the attachment's bytes, if the object store can copy it. That object never
    /// changes.
    fn object(&self, org: OrgId, attachment: &Attachment) -> Option<ObjectRef>;
}
