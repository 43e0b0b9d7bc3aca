//! Snapshots of a CRM: the records and attachments of one moment.

use std::ops::Range;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::{ObjectBody, ObjectRef, PortError};
use crate::domain::crm::{Attachment, Module};
use crate::domain::id::OrgId;
use crate::domain::rows::RowPiece;

/// Rows, in order.
pub type RowStream = BoxStream<'static, Result<RowPiece, PortError>>;

/// Attachments, in order.
pub type AttachmentStream = BoxStream<'static, Result<Attachment, PortError>>;

/// What a source is, for the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Its kind, for example `native`.
    pub kind: String,
    /// What state of the CRM a backup shows, in one sentence.
    pub consistency: String,
}

/// A CRM that can be read. Reading by a [`Module`] that `modules` gave yields the same bytes each time for at least two days.
#[async_trait]
pub trait SnapshotReader: Send + Sync {
    /// Says what it is.
    fn info(&self) -> SourceInfo;
    /// All modules, in the CRM's order, those that are left out included.
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError>;
    /// The rows with these numbers (from 0), every field in each.
    async fn rows(&self, org: OrgId, module: &Module, rows: Range<u64>) -> Result<RowStream, PortError>;
    /// The attachments with these numbers (from 0). Those of one record follow one another.
    async fn attachments(&self, org: OrgId, module: &Module, range: Range<u64>) -> Result<AttachmentStream, PortError>;
    /// Opens an attachment's file, or a range of its bytes (as far as it has them); `NotFound` when the source has lost it.
    async fn open(&self, org: OrgId, attachment: &Attachment, range: Option<Range<u64>>) -> Result<ObjectBody, PortError>;
    /// The object that an attachment's file is, byte for byte, where the object store can copy it; it never changes.
    fn object(&self, org: OrgId, attachment: &Attachment) -> Option<ObjectRef>;
}
