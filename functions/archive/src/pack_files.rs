//! Packs attachments. Small ones are read whole, several per segment. A large one has a segment of its own: it is
//! streamed, or the store copies it except for its head.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::archive::zip::{Method, ZipEntry, local_header};
use hozon_shared::domain::crm::Attachment;
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::{ErrorKind, ObjectBody};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::checksum::Checksum;
use crate::compressible::is_compressible;
use crate::encoder::{Encoded, EntryEncoder, WholeEncoder, store_whole};
use crate::packed::Packed;
use crate::pipeline::{Encode, stream_entry};
use crate::progress::Tracker;
use crate::run::Run;
use crate::task_error::{TaskErrorKind, join};
use crate::upload::ObjectUpload;
use crate::work::{PlacedFile, SegmentEntry, Tail, WorkItem};

/// Number of small files that are read ahead, because a store takes some milliseconds to answer for each.
const READ_AHEAD: usize = 32;
/// Memory for files that are read ahead, in KiB.
const AHEAD_KIB: usize = 24 << 10;
/// Number of bytes of a large file that are examined. Together with the local header they reach the minimum part size.
const HEAD: u64 = 5 << 20;
/// Minimum size of a file that the store copies. What follows the head must reach the minimum part size as well.
const SPLICED_FROM: u64 = 2 * HEAD;

pub async fn pack(
    run: &Run<'_>,
    progress: (&WorkItem, &Tracker<'_>),
    module: &str,
    files: Vec<PlacedFile>,
    upload: &mut ObjectUpload<'_>,
) -> Result<Packed, TaskErrorKind> {
    match <[PlacedFile; 1]>::try_from(files) {
        Ok([file]) if file.attachment.size > run.settings.whole_file_bytes => large(run, progress, module, file, upload).await,
        Ok([file]) => batch(run, module, vec![file], upload).await,
        Err(files) => batch(run, module, files, upload).await,
    }
}

/// Packs a large file. If deflate does not shrink its head and the source knows its checksums, the store copies the
/// rest; otherwise the file is streamed.
async fn large(
    run: &Run<'_>,
    progress: (&WorkItem, &Tracker<'_>),
    module: &str,
    file: PlacedFile,
    upload: &mut ObjectUpload<'_>,
) -> Result<Packed, TaskErrorKind> {
    let PlacedFile { path, attachment } = file;
    let head = read(open(run, module, &attachment, Some(0..HEAD)).await?, HEAD).await?;
    let is_deflated = is_compressible(&attachment.content_type, &head);
    let spliced = if is_deflated { None } else { splice(run, &path, &attachment, &head) };
    match spliced {
        Some((encoded, tail)) => {
            upload.push(&local_header(&encoded.entry)).await?;
            upload.push(&head).await?;
            let sum = upload.finish(&[]).await?;
            Ok((sum, Some(tail), vec![finished(encoded, 0, module, attachment)]))
        }
        None => {
            let encoder = if is_deflated { EntryEncoder::deflated(run.settings.level) } else { EntryEncoder::stored() };
            let rest = open(run, module, &attachment, Some(HEAD..i64::MAX as u64)).await?;
            streamed(progress, module, (path, attachment), encoder, (head, rest), upload).await
        }
    }
}

/// Returns the entry of a file that is stored without compression, and the part of it that the store copies.
fn splice(run: &Run<'_>, path: &str, attachment: &Attachment, head: &[u8]) -> Option<(Encoded, Tail)> {
    let digest = attachment.digest.clone()?;
    let from = run.ports.snapshots.object(run.org, attachment).filter(|_| attachment.size >= SPLICED_FROM)?;
    let (name, size) = (path.to_owned(), attachment.size);
    let entry = ZipEntry { name, method: Method::Stored, crc32: digest.crc32, compressed: size, uncompressed: size };
    let head = Checksum::of(head);
    let crc32 = Some(Checksum { size, crc32: digest.crc32 }.without_prefix(head).crc32);
    Some((Encoded { entry, sha256: digest.sha256 }, Tail { from, range: head.size..size, crc32 }))
}

async fn streamed(
    progress: (&WorkItem, &Tracker<'_>),
    module: &str,
    (path, attachment): (String, Attachment),
    encoder: EntryEncoder,
    (head, rest): (Bytes, ObjectBody),
    upload: &mut ObjectUpload<'_>,
) -> Result<Packed, TaskErrorKind> {
    let input = stream::once(async { Ok(head) }).chain(rest).boxed();
    let (sum, encoded, read) = stream_entry(progress, path, (PassThrough, encoder), input, upload).await?;
    if read.bytes != attachment.size {
        return Err(changed(module, &attachment));
    }
    Ok((sum, None, vec![finished(encoded, 0, module, attachment)]))
}

/// Packs small files: they are read ahead, encoded one after the other on a blocking thread, and appended to the
/// segment.
async fn batch(
    run: &Run<'_>,
    module: &str,
    files: Vec<PlacedFile>,
    upload: &mut ObjectUpload<'_>,
) -> Result<Packed, TaskErrorKind> {
    let (to_encode, whole) = mpsc::channel(1);
    let (to_upload, mut made) = mpsc::channel(1);
    let level = run.settings.level;
    let encoding = tokio::task::spawn_blocking(move || encode_all(level, whole, &to_upload));
    let room = Arc::new(Semaphore::new(AHEAD_KIB));
    let reading = async {
        let mut bodies = stream::iter(files).map(|file| read_whole(run, module, file, room.clone())).buffered(READ_AHEAD);
        while let Some(whole) = bodies.try_next().await? {
            // An encoder that has ended before its input says why itself.
            if to_encode.send(whole).await.is_err() {
                break;
            }
        }
        drop(to_encode);
        Ok(())
    };
    let sending = async {
        let mut entries = Vec::new();
        while let Some((attachment, body, encoded)) = made.recv().await {
            let offset = upload.size();
            upload.push(&local_header(&encoded.entry)).await?;
            upload.push(&body).await?;
            entries.push(finished(encoded, offset, module, attachment));
        }
        Ok(entries)
    };
    let ((), (), entries) = tokio::try_join!(reading, join(encoding), sending)?;
    Ok((upload.finish(&[]).await?, None, entries))
}

/// A file in memory, with the permit for its size.
struct Whole {
    file: PlacedFile,
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

fn encode_all(
    level: u32,
    mut read: mpsc::Receiver<Whole>,
    to_upload: &mpsc::Sender<(Attachment, Bytes, Encoded)>,
) -> io::Result<()> {
    let mut encoder = WholeEncoder::new(level);
    while let Some(Whole { file: PlacedFile { path, attachment }, bytes, _room }) = read.blocking_recv() {
        let (body, encoded) = match is_compressible(&attachment.content_type, &bytes) {
            true => encoder.encode(path, bytes)?,
            false => store_whole(path, bytes),
        };
        let made = (attachment, body, encoded);
        // Who uploads ends early only with an error, which is the answer then.
        to_upload.blocking_send(made).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
    }
    Ok(())
}

async fn read_whole(run: &Run<'_>, module: &str, file: PlacedFile, room: Arc<Semaphore>) -> Result<Whole, TaskErrorKind> {
    let size = file.attachment.size;
    let kib = u32::try_from(size >> 10).unwrap_or(u32::MAX).clamp(1, AHEAD_KIB as u32);
    // Nobody closes the semaphore.
    let room = room.acquire_many_owned(kib).await.map_err(|_| TaskErrorKind::Stopped)?;
    let bytes = read(open(run, module, &file.attachment, None).await?, size).await?;
    if bytes.len() as u64 != size {
        return Err(changed(module, &file.attachment));
    }
    Ok(Whole { file, bytes, _room: room })
}

/// Reads a body. A body longer than expected is cut off after it exceeds the expected size.
async fn read(mut body: ObjectBody, expected: u64) -> Result<Bytes, TaskErrorKind> {
    let mut bytes = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0));
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > expected {
            break;
        }
    }
    Ok(bytes.freeze())
}

async fn open(
    run: &Run<'_>,
    module: &str,
    attachment: &Attachment,
    range: Option<Range<u64>>,
) -> Result<ObjectBody, TaskErrorKind> {
    run.ports.snapshots.open(run.org, attachment, range).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => attachment_missing(module, attachment),
        _ => error.into(),
    })
}

fn changed(module: &str, attachment: &Attachment) -> TaskErrorKind {
    let (record, file) = (attachment.record_id.clone(), attachment.name.clone());
    TaskErrorKind::AttachmentChanged { module: module.to_owned(), record, file }
}

/// The error of an attachment whose file the source does not have.
pub fn attachment_missing(module: &str, attachment: &Attachment) -> TaskErrorKind {
    let (record, file) = (attachment.record_id.clone(), attachment.name.clone());
    TaskErrorKind::AttachmentMissing { module: module.to_owned(), record, file }
}

fn finished(encoded: Encoded, offset: u64, module: &str, attachment: Attachment) -> SegmentEntry {
    SegmentEntry {
        entry: encoded.entry,
        offset,
        sha256: encoded.sha256,
        module: module.to_owned(),
        rows: None,
        attachment: Some(attachment),
    }
}

struct PassThrough;

impl Encode for PassThrough {
    type Piece = Bytes;

    fn piece(&mut self, piece: Bytes, to: &mut EntryEncoder) -> io::Result<()> {
        to.write(&piece)
    }

    fn end(&mut self, _: &mut EntryEncoder) -> io::Result<()> {
        Ok(())
    }

    fn amount(piece: &Bytes) -> Amount {
        Amount { items: 0, rows: 0, bytes: piece.len() as u64 }
    }
}
