//! Writes one generation of one module into the native CRM store. The generation is invisible until the module that
//! [`NativeWriter::finish`] returns is published. Memory use is a few blocks, whatever the size of the module.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use super::encoder::RowEncoder;
use super::index::{Block, ENCODING, GenerationIndex};
use super::keys::Generation;
use crate::domain::crm::{Attachment, DataCategory, Field, FileDigest, Module};
use crate::domain::digest::Digester;
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage};
use crate::ports::{Bucket, ErrorKind, ObjectBody, ObjectRef, Objects, PortError, UploadId, Uploads};
use crate::telemetry::Causes;

/// Size in bytes of a full block, and of the first parts of an upload.
const BLOCK_BYTES: usize = 8 << 20;
/// Number of parts after which the part size doubles. 10,000 parts then exceed S3's largest object (5 TiB), and
/// memory exceeds a few blocks only for files of tens of gigabytes.
const PARTS_OF_A_SIZE: usize = 1_000;
/// Size in bytes of a full block of attachment metadata.
const ATTACHMENT_BLOCK_BYTES: usize = 1 << 20;
/// Maximum number of concurrent writes.
const WRITES_IN_FLIGHT: usize = 4;

const OCTETS: &str = "application/octet-stream";

/// The stores that a writer uses.
#[derive(Clone)]
pub struct NativeStores {
    /// Stores blocks and small files.
    pub objects: Arc<dyn Objects>,
    /// Stores files above 8 MiB.
    pub uploads: Arc<dyn Uploads>,
}

/// Description of a module without its contents.
#[derive(Debug, Clone)]
pub struct ModuleHead {
    /// API name.
    pub api_name: String,
    /// Display name.
    pub label: String,
    /// Position among the organisation's modules.
    pub order: u32,
    /// Category of the data.
    pub contents: DataCategory,
    /// Fields in order. Every row has one cell per field.
    pub fields: Vec<Field>,
    /// API names of the fields that identify a record; empty if none are known.
    pub key: Vec<String>,
}

/// An attachment to store. The writer determines its size and location.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Id, unique within the module.
    pub id: String,
    /// Id of the record that it belongs to.
    pub record_id: String,
    /// Display name of that record; empty if it has none.
    pub record_name: String,
    /// File name as the user gave it.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Time at which it was attached.
    pub created: DateTime<Utc>,
}

/// Result of storing an attachment's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Error returned when a row or file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The number of cells differs from the number of fields.
    #[error("a row has {found} cells, but the module has {expected} fields")]
    Cells {
        /// Number of fields of the module.
        expected: usize,
        /// Number of cells of the row.
        found: usize,
    },
    #[error(transparent)]
    Store(#[from] PortError),
    /// A concurrent write was cancelled or panicked.
    #[error("a write was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    #[error("the index cannot be encoded")]
    Index(#[source] serde_json::Error),
}

/// Writes one generation. Call [`NativeWriter::abandon`] after an error. What a dropped writer leaves behind is
/// never visible and is deleted by a later [`super::publish::sweep`].
pub struct NativeWriter {
    stores: NativeStores,
    at: Generation,
    generation: String,
    head: ModuleHead,
    index: GenerationIndex,
    rows: RowEncoder,
    attachments: Pending,
    attachment_bytes: u64,
    in_flight: JoinSet<Result<(), PortError>>,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    count: u64,
}

impl Pending {
    fn take(&mut self) -> (Bytes, Block) {
        let bytes = std::mem::take(&mut self.bytes);
        let block = Block { count: std::mem::take(&mut self.count), bytes: bytes.len() as u64 };
        (Bytes::from(bytes), block)
    }
}

impl NativeWriter {
    /// Begins a generation. Its name must be new and must sort after the names of earlier generations.
    pub fn new(stores: NativeStores, org: OrgId, head: ModuleHead, generation: &str) -> Self {
        Self {
            at: Generation::new(org, &head.api_name, generation),
            stores,
            generation: generation.to_owned(),
            head,
            index: GenerationIndex { encoding: ENCODING, ..GenerationIndex::default() },
            rows: RowEncoder::default(),
            attachments: Pending::default(),
            attachment_bytes: 0,
            in_flight: JoinSet::new(),
        }
    }

    /// Returns the description of the module.
    pub fn head(&self) -> &ModuleHead {
        &self.head
    }

    /// Appends a row, with one cell for each field.
    pub async fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        let expected = self.head.fields.len();
        if cells.len() != expected || cells.is_empty() {
            return Err(WriteError::Cells { expected, found: cells.len() });
        }
        let row_bytes: usize = cells.iter().map(|cell| cell.map_or(0, str::len) + 2).sum();
        if self.rows.rows() > 0 && self.rows.size() + row_bytes > BLOCK_BYTES {
            self.end_rows().await?;
        }
        self.rows.push(cells);
        Ok(())
    }

    /// Appends the rows of a page.
    pub async fn page(&mut self, page: &RowPage) -> Result<(), WriteError> {
        let mut rows = page.cursor();
        let mut cells = Vec::new();
        while rows.read(&mut cells) {
            self.row(&cells).await?;
        }
        Ok(())
    }

    /// Writes the rows so far as a block and frees their memory. More rows may follow.
    pub async fn end_rows(&mut self) -> Result<(), WriteError> {
        if self.rows.rows() == 0 {
            return Ok(());
        }
        let count = self.rows.rows();
        let bytes = self.rows.take();
        let block = Block { count, bytes: bytes.len() as u64 };
        let at = self.at.rows(self.index.rows.len());
        self.index.rows.push(block);
        self.write(at, bytes, OCTETS).await
    }

    /// Appends an attachment and stores its file. Attachments of one record must be adjacent.
    pub async fn attachment(&mut self, new: NewAttachment, body: ObjectBody) -> Result<StoredFile, WriteError> {
        let at = self.at.file(&new.id);
        let (size, digest) = self.store_file(&at, &new.content_type, body).await?;
        let stored = StoredFile { size, sha256: digest.sha256.clone() };
        let attachment = Attachment {
            id: new.id,
            record_id: new.record_id,
            record_name: new.record_name,
            name: new.name,
            size,
            content_type: new.content_type,
            created: new.created,
            location: at.key,
            digest: Some(digest),
        };
        serde_json::to_writer(&mut self.attachments.bytes, &attachment).map_err(WriteError::Index)?;
        self.attachments.bytes.push(b'\n');
        self.attachments.count += 1;
        self.attachment_bytes += size;
        if self.attachments.bytes.len() >= ATTACHMENT_BLOCK_BYTES {
            self.end_attachments().await?;
        }
        Ok(stored)
    }

    /// Finishes the generation and returns its module. Everything is stored when this returns.
    pub async fn finish(&mut self) -> Result<Module, WriteError> {
        self.end_rows().await?;
        self.end_attachments().await?;
        self.settle(0).await?;
        let index = serde_json::to_vec(&self.index).map_err(WriteError::Index)?;
        self.stores.objects.put(&self.at.index(), index.into(), "application/json").await?;
        Ok(self.module())
    }

    /// Stops writing. What was written stays.
    pub async fn stop(mut self) {
        self.in_flight.shutdown().await;
    }

    /// Deletes everything written of this generation.
    pub async fn abandon(mut self) -> Result<(), PortError> {
        self.in_flight.shutdown().await;
        delete_all(&*self.stores.objects, self.at.prefix()).await.map(drop)
    }

    fn module(&self) -> Module {
        let head = self.head.clone();
        Module {
            api_name: head.api_name,
            label: head.label,
            order: head.order,
            contents: head.contents,
            version: self.generation.clone(),
            fields: head.fields,
            key: head.key,
            rows: self.index.rows.iter().map(|block| block.count).sum(),
            row_bytes: self.index.rows.iter().map(|block| block.bytes).sum(),
            attachments: self.index.attachments.iter().map(|block| block.count).sum(),
            attachment_bytes: self.attachment_bytes,
        }
    }

    async fn end_attachments(&mut self) -> Result<(), WriteError> {
        if self.attachments.count == 0 {
            return Ok(());
        }
        let (bytes, block) = self.attachments.take();
        let at = self.at.attachments(self.index.attachments.len());
        self.index.attachments.push(block);
        self.write(at, bytes, "application/jsonl").await
    }

    async fn store_file(
        &mut self,
        at: &ObjectRef,
        content_type: &str,
        body: ObjectBody,
    ) -> Result<(u64, FileDigest), WriteError> {
        let mut body = body.fuse().boxed();
        let mut digester = Digester::default();
        let first = fill(&mut body, &mut digester, BLOCK_BYTES).await?;
        if first.len() < BLOCK_BYTES {
            let size = first.len() as u64;
            self.write(at.clone(), first, content_type).await?;
            return Ok((size, digester.finish()));
        }
        let uploads = &*self.stores.uploads;
        let upload = uploads.begin(at, content_type).await?;
        let sent = send_parts(uploads, at, &upload, first, body, &mut digester).await;
        if let Err(first) = &sent
            && let Err(error) = uploads.abort(at, &upload).await
        {
            tracing::warn!(error = %Causes(&error), failure = %Causes(first), "an upload could not be aborted after a failure");
        }
        Ok((sent?, digester.finish()))
    }

    async fn write(&mut self, at: ObjectRef, bytes: Bytes, content_type: &str) -> Result<(), WriteError> {
        self.settle(WRITES_IN_FLIGHT - 1).await?;
        let (objects, content_type) = (self.stores.objects.clone(), content_type.to_owned());
        self.in_flight.spawn(async move { objects.put(&at, bytes, &content_type).await });
        Ok(())
    }

    /// Waits until at most `at_most` writes are in progress.
    async fn settle(&mut self, at_most: usize) -> Result<(), WriteError> {
        while self.in_flight.len() > at_most {
            let Some(ended) = self.in_flight.join_next().await else { break };
            ended.map_err(WriteError::Interrupted)??;
        }
        Ok(())
    }
}

async fn send_parts(
    uploads: &dyn Uploads,
    at: &ObjectRef,
    upload: &UploadId,
    first: Bytes,
    mut body: ObjectBody,
    digester: &mut Digester,
) -> Result<u64, PortError> {
    let (mut tags, mut size, mut part) = (Vec::new(), 0, first);
    for number in 1.. {
        size += part.len() as u64;
        tags.push(uploads.part(at, upload, number, part).await?);
        part = fill(&mut body, digester, part_bytes(tags.len())).await?;
        if part.is_empty() {
            break;
        }
    }
    uploads.complete(at, upload, tags, Some(digester.crc32())).await?;
    Ok(size)
}

/// Returns the size of the part that follows `parts` parts.
fn part_bytes(parts: usize) -> usize {
    BLOCK_BYTES << (parts / PARTS_OF_A_SIZE)
}

/// Reads until at least `least` bytes have arrived or the body ends. Returns no bytes at the end.
async fn fill(body: &mut ObjectBody, digester: &mut Digester, least: usize) -> Result<Bytes, PortError> {
    let mut bytes = BytesMut::new();
    while bytes.len() < least {
        let Some(chunk) = body.try_next().await? else { break };
        digester.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Deletes every object with a prefix and returns their number.
pub(super) async fn delete_all(objects: &dyn Objects, prefix: &str) -> Result<u64, PortError> {
    let keys = objects.list(Bucket::Crm, prefix).await?;
    objects.delete_all(Bucket::Crm, &keys).await?;
    Ok(keys.len() as u64)
}

/// Returns a body of bytes in memory.
pub fn body_of(bytes: impl Into<Bytes>) -> ObjectBody {
    let bytes = bytes.into();
    stream::once(async move { Ok(bytes) }).boxed()
}

/// Converts a failure to read a body into the store's error.
pub fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::with(ErrorKind::Corrupt, "read a file to store", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_hold_the_largest_object_of_the_store() {
        let most: u64 = (0..10_000).map(|parts| part_bytes(parts) as u64).sum();
        assert!(most >= 5 << 40, "{most}");
        assert_eq!((part_bytes(0), part_bytes(999), part_bytes(1_000)), (8 << 20, 8 << 20, 16 << 20));
        assert!(part_bytes(9_999) <= 5 << 30, "the largest part");
    }
}
