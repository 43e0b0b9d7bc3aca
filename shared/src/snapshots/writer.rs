//! Writes one generation of one module into the native CRM store. Nothing of it is visible until the module that
//! [`NativeWriter::finish`] gives is published; memory is a few blocks, whatever the module's size.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use super::encoder::RowEncoder;
use super::index::{Block, ENCODING, Index};
use super::keys::Generation;
use crate::domain::crm::{Attachment, DataCategory, Field, FileDigest, Module};
use crate::domain::digest::Digester;
use crate::domain::id::OrgId;
use crate::ports::{Bucket, ErrorKind, ObjectBody, ObjectRef, Objects, PortError, UploadId, Uploads};
use crate::telemetry::Causes;

/// Bytes of a full block, and of an upload's first parts.
const BLOCK_BYTES: usize = 8 << 20;
/// Parts after which each is twice as large as those before. 10,000 parts then hold more than S3's largest object, 5 TiB, and memory is more
/// than a few blocks only for files of tens of gigabytes.
const PARTS_OF_A_SIZE: usize = 1_000;
/// Bytes of a full block of attachment metadata.
const ATTACHMENT_BLOCK_BYTES: usize = 1 << 20;
/// Writes under way at the same time.
const WRITES_IN_FLIGHT: usize = 4;

const OCTETS: &str = "application/octet-stream";

/// Where a writer puts things.
#[derive(Clone)]
pub struct NativeStores {
    /// Blocks and small files.
    pub objects: Arc<dyn Objects>,
    /// Files above 8 MiB.
    pub uploads: Arc<dyn Uploads>,
}

/// What a module is, before its contents.
#[derive(Debug, Clone)]
pub struct ModuleHead {
    /// Name in the API.
    pub api_name: String,
    /// Name that users see.
    pub label: String,
    /// Position among the organisation's modules.
    pub order: u32,
    /// What it contains.
    pub contents: DataCategory,
    /// Fields, in order; every row has one cell for each.
    pub fields: Vec<Field>,
}

/// An attachment, before its file: the writer finds its size and keeps its place.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Id, unique in its module.
    pub id: String,
    /// The record that it belongs to.
    pub record_id: String,
    /// That record's display name; empty where it has none.
    pub record_name: String,
    /// The file's name as the user gave it.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// When it was attached.
    pub created: DateTime<Utc>,
}

/// What became of an attachment's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, in lower-case hex.
    pub sha256: String,
}

/// Why a row or file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The row does not fit the module's fields.
    #[error("a row has {found} cells where the module has {expected} fields")]
    Cells {
        /// Number of fields.
        expected: usize,
        /// Number of cells.
        found: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
    /// A write under way was cancelled or panicked.
    #[error("a write did not end")]
    Interrupted(#[source] tokio::task::JoinError),
    /// The index could not be encoded.
    #[error("the index cannot be written")]
    Index(#[source] serde_json::Error),
}

/// Writes one generation. After an error call [`NativeWriter::abandon`]; what a dropped writer leaves behind is never visible
/// and goes with a later [`super::native_publish::sweep`].
pub struct NativeWriter {
    stores: NativeStores,
    at: Generation,
    generation: String,
    head: ModuleHead,
    index: Index,
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
    /// Begins a generation; its name must be new, and later names must sort behind earlier ones.
    pub fn new(stores: NativeStores, org: OrgId, head: ModuleHead, generation: &str) -> Self {
        Self {
            at: Generation::new(org, &head.api_name, generation),
            stores,
            generation: generation.to_owned(),
            head,
            index: Index { encoding: ENCODING, ..Index::default() },
            rows: RowEncoder::default(),
            attachments: Pending::default(),
            attachment_bytes: 0,
            in_flight: JoinSet::new(),
        }
    }

    /// What the module is.
    pub fn head(&self) -> &ModuleHead {
        &self.head
    }

    /// Appends a row.
    pub async fn row(&mut self, cells: &[&str]) -> Result<(), WriteError> {
        let expected = self.head.fields.len();
        if cells.len() != expected || cells.is_empty() {
            return Err(WriteError::Cells { expected, found: cells.len() });
        }
        let row_bytes: usize = cells.iter().map(|cell| cell.len() + 2).sum();
        if self.rows.rows() > 0 && self.rows.size() + row_bytes > BLOCK_BYTES {
            self.end_rows().await?;
        }
        self.rows.push(cells);
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

    /// Appends an attachment and stores its file; those of one record must follow one another.
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

    /// Ends the generation: all of it is stored when this returns, and reads by the module that it gives.
    pub async fn finish(&mut self) -> Result<Module, WriteError> {
        self.end_rows().await?;
        self.end_attachments().await?;
        self.settle(0).await?;
        let index = serde_json::to_vec(&self.index).map_err(WriteError::Index)?;
        self.stores.objects.put(&self.at.index(), index.into(), "application/json").await?;
        Ok(self.module())
    }

    /// Deletes everything that was written of this generation.
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
        if sent.is_err()
            && let Err(error) = uploads.abort(at, &upload).await
        {
            tracing::warn!(error = %Causes(&error), "an upload could not be given up");
        }
        Ok((sent?, digester.finish()))
    }

    async fn write(&mut self, at: ObjectRef, bytes: Bytes, content_type: &str) -> Result<(), WriteError> {
        self.settle(WRITES_IN_FLIGHT - 1).await?;
        let (objects, content_type) = (self.stores.objects.clone(), content_type.to_owned());
        self.in_flight.spawn(async move { objects.put(&at, bytes, &content_type).await });
        Ok(())
    }

    /// Waits until at most so many writes are under way.
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

/// Bytes of the part after so many.
fn part_bytes(parts: usize) -> usize {
    BLOCK_BYTES << (parts / PARTS_OF_A_SIZE)
}

/// Reads until at least so many bytes are there or the body ends; empty at the end.
async fn fill(body: &mut ObjectBody, digester: &mut Digester, least: usize) -> Result<Bytes, PortError> {
    let mut bytes = BytesMut::new();
    while bytes.len() < least {
        let Some(chunk) = body.try_next().await? else { break };
        digester.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Deletes every object with a prefix and tells how many there were.
pub(super) async fn delete_all(objects: &dyn Objects, prefix: &str) -> Result<u64, PortError> {
    let keys = objects.list(Bucket::Crm, prefix).await?;
    let count = keys.len() as u64;
    let mut deleted = stream::iter(keys)
        .map(|key| async move { objects.delete(&ObjectRef::crm(key)).await })
        .buffer_unordered(WRITES_IN_FLIGHT);
    while let Some(outcome) = deleted.next().await {
        outcome?;
    }
    Ok(count)
}

/// A body of bytes that are at hand.
pub fn body_of(bytes: impl Into<Bytes>) -> ObjectBody {
    let bytes = bytes.into();
    stream::once(async move { Ok(bytes) }).boxed()
}

/// A body's failure to be read, as the store sees it.
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
