//! Attachments: small ones whole, several to a segment; a large one streamed, alone in its segment.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::archive::zip::local_header;
use hozon_shared::domain::crm::Attachment;
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::{ErrorKind, ObjectBody};

use crate::encoder::{Encoded, EntryEncoder, encode_whole, is_compressible};
use crate::pipeline::{Encode, stream_entry};
use crate::segment::SegmentUpload;
use crate::work::{Item, PlacedFile, SegmentEntry};
use crate::{Run, TaskError};

/// Small files that are read ahead.
const READ_AHEAD: usize = 4;

pub async fn pack(
    run: &Run<'_>,
    item: &Item,
    module: &str,
    files: Vec<PlacedFile>,
    upload: &mut SegmentUpload<'_>,
) -> Result<(u64, Vec<SegmentEntry>), TaskError> {
    match <[PlacedFile; 1]>::try_from(files) {
        Ok([file]) if file.attachment.size > run.settings.whole_file_bytes => large(run, item, module, file, upload).await,
        Ok([file]) => batch(run, module, vec![file], upload).await,
        Err(files) => batch(run, module, files, upload).await,
    }
}

async fn large(
    run: &Run<'_>,
    item: &Item,
    module: &str,
    file: PlacedFile,
    upload: &mut SegmentUpload<'_>,
) -> Result<(u64, Vec<SegmentEntry>), TaskError> {
    let mut body = open(run, module, &file.attachment).await?.fuse();
    let sample = body.try_next().await?.unwrap_or_default();
    let level = run.settings.level;
    let encoder = if is_compressible(&sample) { EntryEncoder::deflated(level) } else { EntryEncoder::stored() };
    let input = stream::once(async { Ok(sample) }).chain(body).boxed();
    let (size, encoded, read) = stream_entry(run, item, file.path, (AsItIs, encoder), input, upload).await?;
    if read.bytes != file.attachment.size {
        return Err(changed(module, &file.attachment));
    }
    Ok((size, vec![finished(encoded, 0, module, file.attachment)]))
}

async fn batch(
    run: &Run<'_>,
    module: &str,
    files: Vec<PlacedFile>,
    upload: &mut SegmentUpload<'_>,
) -> Result<(u64, Vec<SegmentEntry>), TaskError> {
    let mut entries = Vec::with_capacity(files.len());
    let mut made = stream::iter(files).map(|file| whole(run, module, file)).buffered(READ_AHEAD);
    while let Some((attachment, body, encoded)) = made.try_next().await? {
        let offset = upload.size();
        upload.push(&local_header(&encoded.entry)).await?;
        upload.push(&body).await?;
        entries.push(finished(encoded, offset, module, attachment));
    }
    Ok((upload.finish(&[]).await?, entries))
}

async fn whole(run: &Run<'_>, module: &str, file: PlacedFile) -> Result<(Attachment, Vec<u8>, Encoded), TaskError> {
    let PlacedFile { path, attachment } = file;
    let mut body = open(run, module, &attachment).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(attachment.size).unwrap_or(0));
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > attachment.size {
            break;
        }
    }
    if bytes.len() as u64 != attachment.size {
        return Err(changed(module, &attachment));
    }
    let level = run.settings.level;
    let encoding = tokio::task::spawn_blocking(move || encode_whole(path, &bytes, level));
    let (body, encoded) = encoding.await.map_err(|_| TaskError::stopped())?.map_err(|_| TaskError::stopped())?;
    Ok((attachment, body, encoded))
}

async fn open(run: &Run<'_>, module: &str, attachment: &Attachment) -> Result<ObjectBody, TaskError> {
    run.ports.source.open(run.org, attachment).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => TaskError::attachment_missing(module, &attachment.record_id, &attachment.name),
        _ => error.into(),
    })
}

fn changed(module: &str, attachment: &Attachment) -> TaskError {
    TaskError::attachment_changed(module, &attachment.record_id, &attachment.name)
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

struct AsItIs;

impl Encode for AsItIs {
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
