//! Writes an object whose beginning is known last, such as a zip entry. The first part is held back until the end,
//! because it starts with a local header whose sizes and CRC are known only then. S3 accepts parts in any order.

use bytes::Bytes;
use crc32fast::Hasher;
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::compose::Piece;
use hozon_shared::ports::{ObjectRef, PartTag, UploadId};
use hozon_shared::telemetry::Causes;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

const BINARY: &str = "application/octet-stream";

/// Number of parts after which the part size doubles, up to four times the initial size. An object has at most 10,000
/// parts, so this allows objects of 200 GB.
const PARTS_OF_A_SIZE: usize = 2_500;

/// An object that is being uploaded.
pub struct ObjectUpload<'a> {
    run: &'a Run<'a>,
    at: ObjectRef,
    first: Vec<u8>,
    buffer: Vec<u8>,
    upload: Option<UploadId>,
    parts: Vec<PartTag>,
    sent: u64,
    pushed: Hasher,
}

impl<'a> ObjectUpload<'a> {
    /// Starts an object. Nothing is sent yet.
    pub fn new(run: &'a Run<'a>, at: ObjectRef) -> Self {
        Self { run, at, first: Vec::new(), buffer: Vec::new(), upload: None, parts: Vec::new(), sent: 0, pushed: Hasher::new() }
    }

    /// Number of bytes pushed so far.
    pub fn size(&self) -> u64 {
        self.sent + (self.first.len() + self.buffer.len()) as u64
    }

    /// Appends bytes, and sends every part that is full.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), TaskErrorKind> {
        self.pushed.update(bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < self.run.settings.part_bytes << (self.parts.len() / PARTS_OF_A_SIZE).min(2) {
            return Ok(());
        }
        let full = std::mem::take(&mut self.buffer);
        if self.first.is_empty() {
            self.first = full;
            return Ok(());
        }
        self.send(full).await
    }

    /// Puts `head` before the pushed bytes and completes the object. Returns its size and checksum.
    pub async fn finish(&mut self, head: &[u8]) -> Result<Checksum, TaskErrorKind> {
        let sum = self.sum(head);
        if self.is_small() {
            let whole = self.take_all(head);
            self.run.ports.objects.put(&self.at, whole, BINARY).await?;
            return Ok(sum);
        }
        if !self.buffer.is_empty() {
            let last = std::mem::take(&mut self.buffer);
            self.send(last).await?;
        }
        let upload = self.begun().await?;
        let first = Bytes::from([head, &self.first].concat());
        self.first = Vec::new();
        let mut parts = vec![self.run.ports.uploads.part(&self.at, &upload, 1, first).await?];
        parts.append(&mut self.parts);
        self.run.ports.uploads.complete(&self.at, &upload, parts, Some(sum.crc32)).await?;
        self.upload = None;
        Ok(sum)
    }

    /// Like `finish`, but for a piece of a zip: a small piece is returned instead of stored as an object.
    pub async fn finish_piece(&mut self, head: &[u8]) -> Result<(Piece, Checksum), TaskErrorKind> {
        if self.is_small() {
            let sum = self.sum(head);
            return Ok((Piece::Bytes(self.take_all(head)), sum));
        }
        let sum = self.finish(head).await?;
        Ok((Piece::Object { from: self.at.clone(), range: 0..sum.size }, sum))
    }

    fn sum(&self, head: &[u8]) -> Checksum {
        Checksum::of(head).followed_by(Checksum { size: self.size(), crc32: self.pushed.clone().finalize() })
    }

    /// Aborts the upload, which frees the sent parts. If that fails too, the bucket's lifecycle rule deletes them.
    pub async fn abort(&mut self, first: &TaskErrorKind) {
        if let Some(upload) = self.upload.take()
            && let Err(error) = self.run.ports.uploads.abort(&self.at, &upload).await
        {
            let (failure, cause) = (first.code(), first.cause());
            tracing::warn!(error = %Causes(&error), failure, cause, "an upload could not be aborted after a failure");
        }
    }

    fn is_small(&self) -> bool {
        self.upload.is_none() && self.size() < 2 * self.run.settings.part_bytes as u64
    }

    fn take_all(&mut self, head: &[u8]) -> Bytes {
        let whole = [head, &self.first, &self.buffer].concat();
        (self.first, self.buffer) = (Vec::new(), Vec::new());
        Bytes::from(whole)
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), TaskErrorKind> {
        let upload = self.begun().await?;
        let number = i32::try_from(self.parts.len() + 2).unwrap_or(i32::MAX);
        self.sent += part.len() as u64;
        self.parts.push(self.run.ports.uploads.part(&self.at, &upload, number, Bytes::from(part)).await?);
        Ok(())
    }

    async fn begun(&mut self) -> Result<UploadId, TaskErrorKind> {
        if let Some(upload) = &self.upload {
            return Ok(upload.clone());
        }
        let upload = self.run.ports.uploads.begin(&self.at, BINARY).await?;
        self.upload = Some(upload.clone());
        Ok(upload)
    }
}
