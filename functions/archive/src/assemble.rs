//! `assemble`: composes each zip of the segments inside the store, adds the entries that only the whole can know (field metadata,
//! index, manifest) and the directory.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use hozon_shared::archive::compose::{Piece, compose};
use hozon_shared::archive::manifest::FileRecord;
use hozon_shared::archive::zip::{Entry, central_record, end_records, local_header};
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind};
use hozon_shared::ports::ObjectRef;
use serde_json::Value;

use crate::encoder::encode_whole;
use crate::index::{attachment_index, field_documents, manifest};
use crate::work::{Plan, Segment};
use crate::{Run, TaskError};

const ZIP: &str = "application/zip";
/// Entry lists that are read ahead.
const READ_AHEAD: usize = 8;

pub async fn run(run: &Run<'_>) -> Result<Value, TaskError> {
    if run.read::<Vec<ArchiveFile>>(&run.archives_at()).await?.is_none() {
        let plan: Plan = run.read_required(&run.plan_at()).await?;
        let data = assemble(run, &plan, ArchiveKind::Data).await?;
        let attachments = assemble(run, &plan, ArchiveKind::Attachments).await?;
        run.write(&run.archives_at(), &vec![data, attachments]).await?;
    }
    Ok(Value::Null)
}

async fn assemble(run: &Run<'_>, plan: &Plan, kind: ArchiveKind) -> Result<ArchiveFile, TaskError> {
    let segments = segments(run, plan, kind).await?;
    let read_until = segments.iter().map(|(_, segment)| segment.read_until).max().unwrap_or(plan.read_from);
    let mut zip = ZipBuilder::default();
    for (at, segment) in &segments {
        zip.segment(at, segment);
    }
    let own = match kind {
        ArchiveKind::Data => field_documents(plan)?,
        ArchiveKind::Attachments => vec![attachment_index(&segments)],
    };
    for (path, content, rows) in own {
        zip.own(path, &content, rows, run.settings.level)?;
    }
    let manifest = manifest(run, plan, kind, read_until, std::mem::take(&mut zip.records))?;
    zip.own("manifest.json".to_owned(), &manifest, None, run.settings.level)?;
    store(run, kind, zip).await
}

async fn segments(run: &Run<'_>, plan: &Plan, kind: ArchiveKind) -> Result<Vec<(ObjectRef, Segment)>, TaskError> {
    let items = plan.items.iter().filter(|item| item.archive() == kind);
    let reads: Vec<_> = items.map(|item| segment(run, item.number).boxed()).collect();
    stream::iter(reads).buffered(READ_AHEAD).try_collect().await
}

async fn segment(run: &Run<'_>, number: u64) -> Result<(ObjectRef, Segment), TaskError> {
    let segment: Segment = run.read_required(&run.entries_at(number)).await?;
    Ok((ObjectRef::archives(&segment.key), segment))
}

async fn store(run: &Run<'_>, kind: ArchiveKind, zip: ZipBuilder) -> Result<ArchiveFile, TaskError> {
    let name = match kind {
        ArchiveKind::Data => "Data_001.zip",
        ArchiveKind::Attachments => "Attachments_001.zip",
    };
    let key = format!("{}{name}", run.archive_prefix());
    let (entries, pieces) = zip.finish();
    let ports = run.ports;
    let to = ObjectRef::archives(key.clone());
    let composed = compose(&*ports.objects, &*ports.uploads, &to, ZIP, pieces).await?;
    Ok(ArchiveFile { kind, name: name.to_owned(), key, size: composed.size, entries })
}

/// A zip on the drawing board: its pieces, its directory, and what the manifest says of each entry.
#[derive(Default)]
struct ZipBuilder {
    pieces: Vec<Piece>,
    offset: u64,
    directory: Vec<u8>,
    entries: u64,
    records: Vec<FileRecord>,
}

impl ZipBuilder {
    fn segment(&mut self, at: &ObjectRef, segment: &Segment) {
        for entry in &segment.entries {
            self.list(&entry.entry, self.offset + entry.offset);
            self.record(&entry.entry, &entry.sha256, Some(&entry.module), entry.rows);
        }
        self.pieces.push(Piece::Object { from: at.clone(), range: 0..segment.size });
        self.offset += segment.size;
    }

    fn own(&mut self, path: String, content: &[u8], rows: Option<u64>, level: u32) -> Result<(), TaskError> {
        let (body, encoded) = encode_whole(path, content, level).map_err(|_| TaskError::stopped())?;
        self.list(&encoded.entry, self.offset);
        self.record(&encoded.entry, &encoded.sha256, None, rows);
        for bytes in [local_header(&encoded.entry), body] {
            self.offset += bytes.len() as u64;
            self.pieces.push(Piece::Bytes(Bytes::from(bytes)));
        }
        Ok(())
    }

    fn list(&mut self, entry: &Entry, offset: u64) {
        self.directory.extend(central_record(entry, offset));
        self.entries += 1;
    }

    fn record(&mut self, entry: &Entry, sha256: &str, module: Option<&str>, rows: Option<u64>) {
        self.records.push(FileRecord {
            path: entry.name.clone(),
            module: module.map(str::to_owned),
            rows,
            bytes: entry.uncompressed,
            sha256: sha256.to_owned(),
        });
    }

    /// Gives the number of entries and all pieces, the directory last.
    fn finish(mut self) -> (u64, Vec<Piece>) {
        let end = end_records(self.entries, self.offset, self.directory.len() as u64);
        self.pieces.push(Piece::Bytes(Bytes::from(self.directory)));
        self.pieces.push(Piece::Bytes(Bytes::from(end)));
        (self.entries, self.pieces)
    }
}
