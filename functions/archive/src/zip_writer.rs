//! Writes one zip. Segments and documents go to the composer, while the directory, the index of attachments and the
//! manifest are written in parallel, as objects of their own if they are large. Memory use does not depend on the
//! number of entries.

use bytes::Bytes;
use hozon_shared::archive::compose::{Composer, Limits, Piece};
use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, FileRecord, Manifest, ManifestText, attachment_kinds, attachment_row};
use hozon_shared::archive::zip::{ZipEntry, central_record, end_records, local_header};
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind};
use hozon_shared::ports::ObjectRef;

use crate::checksum::Checksum;
use crate::encoder::{Encoded, EntryEncoder, WholeEncoder};
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{Segment, SegmentEntry};

const ZIP: &str = "application/zip";
/// Encoded bytes are passed on in chunks of about this size.
const CHUNK: usize = 1 << 20;

/// A zip that is being written.
pub struct ZipWriter<'a> {
    run: &'a Run<'a>,
    kind: ArchiveKind,
    name: String,
    composer: Composer<'a>,
    directory: ObjectUpload<'a>,
    entries: u64,
    index: Option<AttachmentIndex<'a>>,
    manifest: StreamedEntry<'a>,
    files: ManifestText,
    /// Checksum of everything pushed to the composer; `None` once a piece without a checksum was pushed.
    sum: Option<Checksum>,
    /// Number of rows or attachments in the segments.
    counted: u64,
}

impl<'a> ZipWriter<'a> {
    /// Starts the zip with that number, from 1. `manifest` contains the fields that all zips share.
    pub async fn begin(run: &'a Run<'a>, csv: CsvOptions, manifest: &Manifest, number: usize) -> Result<Self, TaskErrorKind> {
        let kind = manifest.kind;
        let prefix = match kind {
            ArchiveKind::Data => "Data",
            ArchiveKind::Attachments => "Attachments",
        };
        let name = format!("{prefix}_{number:03}.zip");
        let work = |what: &str| run.work(&format!("zips/{name}/{what}"));
        let to = ObjectRef::archives(format!("{}{name}", run.archive_prefix()));
        let (objects, uploads) = (&*run.ports.objects, &*run.ports.uploads);
        let mut text = StreamedEntry::new(run, work("manifest"));
        let manifest = Manifest { part: u32::try_from(number).ok(), ..manifest.clone() };
        text.write(&ManifestText::begin(&manifest).map_err(damaged)?).await?;
        Ok(Self {
            run,
            kind,
            composer: Composer::new(objects, uploads, to, ZIP, work("group-").key, Limits::S3),
            directory: ObjectUpload::new(run, work("directory")),
            entries: 0,
            index: (kind == ArchiveKind::Attachments).then(|| AttachmentIndex::new(run, csv, work("index"))),
            manifest: text,
            files: ManifestText::default(),
            sum: Some(Checksum::default()),
            counted: 0,
            name,
        })
    }

    /// Adds the entries of a segment.
    pub async fn segment(&mut self, segment: &Segment) -> Result<(), TaskErrorKind> {
        let offset = self.composer.size();
        for entry in &segment.entries {
            self.list(&entry.entry, offset + entry.offset).await?;
            self.record(&entry.entry, &entry.sha256, Some(&entry.module), entry.rows).await?;
            self.counted += entry.rows.unwrap_or(1);
            if let Some(index) = &mut self.index {
                index.add(entry).await?;
            }
        }
        self.sum = self.sum.zip(segment.sum()).map(|(sum, next)| sum.followed_by(next));
        self.composer.push(Piece::Object { from: ObjectRef::archives(&segment.key), range: 0..segment.size }).await?;
        if let Some(tail) = &segment.tail {
            self.composer.push(Piece::Object { from: tail.from.clone(), range: tail.range.clone() }).await?;
        }
        Ok(())
    }

    /// Adds small documents (path and content), the index, the manifest and the directory, and completes the zip. Call
    /// `abort` after a failure.
    pub async fn finish(&mut self, documents: &[(String, Bytes)]) -> Result<ArchiveFile, TaskErrorKind> {
        for (path, content) in documents {
            self.document(path.clone(), content.clone()).await?;
        }
        if let Some(index) = &mut self.index {
            index.text.write(index.csv.written()).await?;
            let (rows, (encoded, piece)) = (index.rows, index.text.finish("attachments.csv").await?);
            self.add_finished(encoded, piece, Some(rows)).await?;
        }
        self.manifest.write(self.files.end()).await?;
        let (encoded, piece) = self.manifest.finish("manifest.json").await?;
        self.list(&encoded.entry, self.composer.size()).await?;
        self.push(piece).await?;
        let end = end_records(self.entries, self.composer.size(), self.directory.size());
        let directory = self.directory.finish_piece(&[]).await?;
        self.push(directory).await?;
        self.push(whole(Bytes::from(end))).await?;
        let crc32 = self.sum.map(|sum| sum.crc32);
        let composed = self.composer.finish(crc32).await?;
        let (zip, parts) = (self.name.as_str(), composed.parts);
        tracing::info!(run.id = self.run.backup.0, zip, composed.size, composed.copied, composed.read, parts, "composed a zip");
        let key = format!("{}{}", self.run.archive_prefix(), self.name);
        Ok(ArchiveFile {
            kind: self.kind,
            name: self.name.clone(),
            key,
            size: composed.size,
            entries: self.entries,
            counted: Some(self.counted),
            crc32,
        })
    }

    /// Aborts the zip and frees the sent parts.
    pub async fn abort(&mut self, first: &TaskErrorKind) {
        self.directory.abort(first).await;
        self.manifest.upload.abort(first).await;
        if let Some(index) = &mut self.index {
            index.text.upload.abort(first).await;
        }
    }

    async fn document(&mut self, path: String, content: Bytes) -> Result<(), TaskErrorKind> {
        let mut encoder = WholeEncoder::new(self.run.settings.level);
        let (body, encoded) = encoder.encode(path, content).map_err(TaskErrorKind::CompressionFailed)?;
        let entry = [local_header(&encoded.entry), body.to_vec()].concat();
        self.add_finished(encoded, whole(Bytes::from(entry)), None).await
    }

    async fn add_finished(&mut self, encoded: Encoded, piece: (Piece, Checksum), rows: Option<u64>) -> Result<(), TaskErrorKind> {
        self.list(&encoded.entry, self.composer.size()).await?;
        self.record(&encoded.entry, &encoded.sha256, None, rows).await?;
        self.push(piece).await
    }

    async fn push(&mut self, (piece, sum): (Piece, Checksum)) -> Result<(), TaskErrorKind> {
        self.sum = self.sum.map(|so_far| so_far.followed_by(sum));
        Ok(self.composer.push(piece).await?)
    }

    async fn list(&mut self, entry: &ZipEntry, offset: u64) -> Result<(), TaskErrorKind> {
        self.entries += 1;
        self.directory.push(&central_record(entry, offset)).await
    }

    async fn record(
        &mut self,
        entry: &ZipEntry,
        sha256: &str,
        module: Option<&str>,
        rows: Option<u64>,
    ) -> Result<(), TaskErrorKind> {
        let (path, module, sha256) = (entry.name.clone(), module.map(str::to_owned), sha256.to_owned());
        let record = FileRecord { path, module, rows, bytes: entry.uncompressed, sha256 };
        let text = self.files.file(&record).map_err(damaged)?;
        self.manifest.write(&text).await
    }
}

fn whole(bytes: Bytes) -> (Piece, Checksum) {
    let sum = Checksum::of(&bytes);
    (Piece::Bytes(bytes), sum)
}

fn damaged(error: serde_json::Error) -> TaskErrorKind {
    TaskErrorKind::WorkDamaged { document: "The manifest", source: error }
}

/// The index `attachments.csv`, which maps each entry to its module and record.
struct AttachmentIndex<'a> {
    csv: CsvWriter,
    rows: u64,
    text: StreamedEntry<'a>,
}

impl<'a> AttachmentIndex<'a> {
    fn new(run: &'a Run<'a>, options: CsvOptions, at: ObjectRef) -> Self {
        let mut csv = CsvWriter::new(options, attachment_kinds());
        csv.begin(&ATTACHMENT_COLUMNS);
        Self { csv, rows: 0, text: StreamedEntry::new(run, at) }
    }

    async fn add(&mut self, entry: &SegmentEntry) -> Result<(), TaskErrorKind> {
        if let Some(attachment) = &entry.attachment {
            let row = attachment_row(&entry.module, &entry.entry.name, attachment, &entry.sha256);
            self.csv.row(row.iter().map(|cell| Some(cell.as_str())));
            self.rows += 1;
        }
        self.text.write(self.csv.written()).await?;
        self.csv.clear();
        Ok(())
    }
}

/// An entry that is deflated while it is written, and sent to the store in chunks if it is large.
struct StreamedEntry<'a> {
    encoder: EntryEncoder,
    upload: ObjectUpload<'a>,
}

impl<'a> StreamedEntry<'a> {
    fn new(run: &'a Run<'a>, at: ObjectRef) -> Self {
        Self { encoder: EntryEncoder::deflated(run.settings.level), upload: ObjectUpload::new(run, at) }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), TaskErrorKind> {
        self.encoder.write(bytes).map_err(TaskErrorKind::CompressionFailed)?;
        if self.encoder.waiting() < CHUNK {
            return Ok(());
        }
        let chunk = self.encoder.take();
        self.upload.push(&chunk).await
    }

    async fn finish(&mut self, name: &str) -> Result<(Encoded, (Piece, Checksum)), TaskErrorKind> {
        let encoder = std::mem::replace(&mut self.encoder, EntryEncoder::stored());
        let (rest, encoded) = encoder.finish(name.to_owned()).map_err(TaskErrorKind::CompressionFailed)?;
        self.upload.push(&rest).await?;
        let piece = self.upload.finish_piece(&local_header(&encoded.entry)).await?;
        Ok((encoded, piece))
    }
}
