//! Uploads a large attachment while it is encoded. Memory use is a few parts.

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;

use super::error::WriteError;
use crate::archive::encoder::{Encoded, EntryEncoder};
use crate::ports::{ObjectBody, ObjectRef, PartTag, PortError, UploadId, Uploads};

/// Files from this size on are objects of their own, in bytes. It is also the size of the first parts of an upload.
pub(super) const LARGE_FILE: usize = 8 << 20;
/// Number of parts after which the part size doubles. 10,000 parts then exceed S3's largest object (5 TiB), and
/// memory exceeds a few parts only for files of tens of gigabytes.
const PARTS_OF_A_SIZE: usize = 1_000;

/// A large file as it was uploaded.
pub(super) struct Staged {
    pub encoded: Encoded,
    /// CRC-32 of the uploaded bytes.
    pub crc32: u32,
}

/// Uploads a file while it is encoded. Its entry has no name yet.
pub(super) async fn upload_encoded(
    uploads: &dyn Uploads,
    (at, upload): (&ObjectRef, &UploadId),
    mut encoder: EntryEncoder,
    (mut chunk, mut rest): (Bytes, ObjectBody),
) -> Result<Staged, WriteError> {
    let (mut parts, mut waiting, mut crc) =
        (Parts { uploads, at, upload, tags: Vec::new() }, Vec::new(), crc32fast::Hasher::new());
    while !chunk.is_empty() {
        encoder = encode(encoder, chunk).await?;
        waiting.extend(encoder.take());
        if waiting.len() >= part_bytes(parts.tags.len()) {
            crc.update(&waiting);
            parts.send(std::mem::take(&mut waiting)).await?;
        }
        chunk = fill(&mut rest, LARGE_FILE).await?;
    }
    let (last, encoded) = encoder.finish(String::new()).map_err(WriteError::Compression)?;
    waiting.extend(last);
    crc.update(&waiting);
    parts.send(waiting).await?;
    let crc32 = crc.finalize();
    uploads.complete(at, upload, parts.tags, Some(crc32)).await?;
    Ok(Staged { encoded, crc32 })
}

/// Encodes a chunk on a thread that may be busy with it.
async fn encode(mut encoder: EntryEncoder, chunk: Bytes) -> Result<EntryEncoder, WriteError> {
    let encoding = tokio::task::spawn_blocking(move || encoder.write(&chunk).map(|()| encoder));
    encoding.await.map_err(WriteError::Interrupted)?.map_err(WriteError::Compression)
}

/// The parts of an upload.
struct Parts<'a> {
    uploads: &'a dyn Uploads,
    at: &'a ObjectRef,
    upload: &'a UploadId,
    tags: Vec<PartTag>,
}

impl Parts<'_> {
    async fn send(&mut self, part: Vec<u8>) -> Result<(), PortError> {
        let number = i32::try_from(self.tags.len() + 1).unwrap_or(i32::MAX);
        self.tags.push(self.uploads.part(self.at, self.upload, number, part.into()).await?);
        Ok(())
    }
}

/// Returns the size of the part that follows `parts` parts.
fn part_bytes(parts: usize) -> usize {
    LARGE_FILE << (parts / PARTS_OF_A_SIZE)
}

/// Reads up to `size` bytes; fewer only at the end.
pub(super) async fn fill(body: &mut ObjectBody, size: usize) -> Result<Bytes, PortError> {
    let mut bytes = BytesMut::new();
    while bytes.len() < size
        && let Some(chunk) = body.try_next().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}
