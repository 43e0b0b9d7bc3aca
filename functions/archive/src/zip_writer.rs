//! Writes one zip. Entries and documents go to the composer, while the directory, the index of attachments and the
//! manifest are written in parallel, as objects of their own if they are large. Memory use does not depend on the
//! number of entries.

use bytes::Bytes;
use hozon_shared::archive::LEVEL;
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::compose::{Composer, Limits, Piece};
use hozon_shared::archive::encoder::{Encoded, WholeEncoder};
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, FileRecord, Manifest, ManifestText, attachment_kinds, attachment_row};
use hozon_shared::archive::zip::{ZipEntry, central_record, end_records, local_header};
use hozon_shared::domain::archive_options::{ArchiveLayout, ArchiveOptions};
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind};
use hozon_shared::domain::snapshot::Block;
use hozon_shared::ports::ObjectRef;
use hozon_shared::snapshots::stores::stored_object;

use crate::csv_entry::{CsvEntry, DEFLATE_END};
use crate::run::Run;
use crate::streamed_entry::{StreamedEntry, StreamedTable};
use crate::task_error::TaskErrorKind;
use crate::units::{FileUnit, Unit, UnitContent};
use crate::upload::ObjectUpload;
use crate::work::PackedCsv;

const ZIP: &str = "application/zip";
/// A zip that is being written.
pub struct ZipWriter<'a> {
    run: &'a Run<'a>,
    kind: ArchiveKind,
    name: String,
    composer: Composer<'a>,
    directory: ObjectUpload<'a>,
    entries: u64,
    /// The index `attachments.csv`, which maps each entry to its module and record.
    index: Option<StreamedTable<'a>>,
    /// `None` in Zoho's layout, whose reader may refuse files that it does not know.
    manifest: Option<StreamedEntry<'a>>,
    files: ManifestText,
    /// Checksum of everything pushed to the composer.
    sum: Checksum,
    /// Number of rows or attachments.
    counted: u64,
}

impl<'a> ZipWriter<'a> {
    /// Starts the zip with that number, from 1. `manifest` contains the fields that all zips share.
    pub async fn begin(
        run: &'a Run<'a>,
        archive: ArchiveOptions,
        manifest: &Manifest,
        number: usize,
    ) -> Result<Self, TaskErrorKind> {
        let kind = manifest.kind;
        let prefix = match kind {
            ArchiveKind::Data => "Data",
            ArchiveKind::Attachments => "Attachments",
        };
        let name = format!("{prefix}_{number:03}.zip");
        let work = |what: &str| run.work(&format!("zips/{name}/{what}"));
        let to = ObjectRef::archives(format!("{}{name}", run.archive_prefix()));
        let (objects, uploads) = (&*run.ports.objects, &*run.ports.uploads);
        let is_own = archive.layout == ArchiveLayout::Hozon;
        let mut text = is_own.then(|| StreamedEntry::new(run, work("manifest")));
        if let Some(text) = &mut text {
            let manifest = Manifest { part: u32::try_from(number).ok(), ..manifest.clone() };
            text.write(&ManifestText::begin(&manifest).map_err(damaged)?).await?;
        }
        let has_index = is_own && kind == ArchiveKind::Attachments;
        let index = || StreamedTable::new(run, work("index"), archive.csv, (&ATTACHMENT_COLUMNS, attachment_kinds()));
        Ok(Self {
            run,
            kind,
            composer: Composer::new(objects, uploads, to, ZIP, work("group-").key, Limits::S3),
            directory: ObjectUpload::new(run, work("directory")),
            entries: 0,
            index: has_index.then(index),
            manifest: text,
            files: ManifestText::default(),
            sum: Checksum::default(),
            counted: 0,
            name,
        })
    }

    /// Adds an entry, and returns its record in the manifest.
    pub async fn add(&mut self, unit: &Unit) -> Result<FileRecord, TaskErrorKind> {
        let offset = self.composer.size();
        let record = match &unit.content {
            UnitContent::Csv { rows, csv, blocks } => self.csv(*rows, csv, blocks).await?,
            UnitContent::PackedCsv { rows, item, packed } => self.packed_csv(*rows, *item, packed).await?,
            UnitContent::File(file) => self.file(&unit.module, file).await?,
        };
        let (record, entry) = record;
        self.list(&entry, offset).await?;
        self.counted += record.rows.unwrap_or(1);
        let record = FileRecord { module: Some(unit.module.clone()), ..record };
        self.record(&record).await?;
        Ok(record)
    }

    async fn csv(&mut self, rows: u64, csv: &CsvEntry, blocks: &[Block]) -> Result<(FileRecord, ZipEntry), TaskErrorKind> {
        self.push(whole(csv.head.clone().into())).await?;
        for block in blocks {
            let from = stored_object(self.run.org, &block.object);
            let sum = Checksum { size: block.bytes, crc32: block.stored_crc32 };
            self.push((Piece::Object { from, range: 0..block.bytes }, sum)).await?;
        }
        self.push(whole(Bytes::from_static(&DEFLATE_END))).await?;
        let record = FileRecord { ranges: csv.ranges.clone(), ..record(&csv.entry, csv.sha256.clone(), Some(rows)) };
        Ok((record, csv.entry.clone()))
    }

    async fn packed_csv(&mut self, rows: u64, item: u64, packed: &PackedCsv) -> Result<(FileRecord, ZipEntry), TaskErrorKind> {
        let (from, range) = (self.run.packed_at(item), 0..packed.sum.size);
        self.push((Piece::Object { from, range }, packed.sum)).await?;
        Ok((record(&packed.entry, Some(packed.sha256.clone()), Some(rows)), packed.entry.clone()))
    }

    async fn file(&mut self, module: &str, unit: &FileUnit) -> Result<(FileRecord, ZipEntry), TaskErrorKind> {
        let FileUnit { object, is_large, path, file } = unit;
        let entry = ZipEntry { name: path.clone(), ..file.entry.clone() };
        let (mut start, mut sum) = unit.stored();
        if *is_large || *path != file.entry.name {
            let stored_header = if *is_large { Vec::new() } else { local_header(&file.entry) };
            self.push(whole(local_header(&entry).into())).await?;
            start += stored_header.len() as u64;
            sum = sum.without_prefix(Checksum::of(&stored_header));
        }
        let from = stored_object(self.run.org, object);
        self.push((Piece::Object { from, range: start..start + sum.size }, sum)).await?;
        if let Some(index) = &mut self.index {
            index.add(&attachment_row(module, path, &file.attachment, &file.sha256)).await?;
        }
        Ok((record(&entry, Some(file.sha256.clone()), None), entry))
    }

    /// Adds small documents (path and content), the index, the manifest and the directory, and completes the zip. Call
    /// `abort` after a failure. Returns the zip, and the SHA-256 of its manifest if it has one.
    pub async fn finish(&mut self, documents: &[(String, Bytes)]) -> Result<(ArchiveFile, Option<String>), TaskErrorKind> {
        for (path, content) in documents {
            self.document(path.clone(), content.clone()).await?;
        }
        if let Some(index) = &mut self.index {
            let (rows, (encoded, piece)) = (index.rows, index.finish("attachments.csv").await?);
            self.add_finished(encoded, piece, Some(rows)).await?;
        }
        let mut manifest_sha256 = None;
        if let Some(manifest) = &mut self.manifest {
            manifest.write(self.files.end()).await?;
            let (encoded, piece) = manifest.finish("manifest.json").await?;
            self.list(&encoded.entry, self.composer.size()).await?;
            self.push(piece).await?;
            manifest_sha256 = Some(encoded.sha256);
        }
        let end = end_records(self.entries, self.composer.size(), self.directory.size());
        let directory = self.directory.finish_piece(&[]).await?;
        self.push(directory).await?;
        self.push(whole(Bytes::from(end))).await?;
        let crc32 = Some(self.sum.crc32);
        let composed = self.composer.finish(crc32).await?;
        let (zip, parts) = (self.name.as_str(), composed.parts);
        tracing::info!(run.id = self.run.backup.0, zip, composed.size, composed.copied, composed.read, parts, "composed a zip");
        let key = format!("{}{}", self.run.archive_prefix(), self.name);
        let file = ArchiveFile {
            kind: self.kind,
            name: self.name.clone(),
            key,
            size: composed.size,
            entries: self.entries,
            counted: Some(self.counted),
            crc32,
        };
        Ok((file, manifest_sha256))
    }

    /// Aborts the zip and frees the sent parts.
    pub async fn abort(&mut self, first: &TaskErrorKind) {
        self.directory.abort(first).await;
        if let Some(manifest) = &mut self.manifest {
            manifest.abort(first).await;
        }
        if let Some(index) = &mut self.index {
            index.text.abort(first).await;
        }
    }

    /// Adds a table, which is complete.
    pub async fn add_table(&mut self, path: &str, table: &mut StreamedTable<'a>) -> Result<(), TaskErrorKind> {
        let (rows, (encoded, piece)) = (table.rows, table.finish(path).await?);
        self.add_finished(encoded, piece, Some(rows)).await
    }

    async fn document(&mut self, path: String, content: Bytes) -> Result<(), TaskErrorKind> {
        let mut encoder = WholeEncoder::new(LEVEL);
        let (body, encoded) = encoder.encode(path, content).map_err(TaskErrorKind::CompressionFailed)?;
        let entry = [local_header(&encoded.entry), body.to_vec()].concat();
        self.add_finished(encoded, whole(Bytes::from(entry)), None).await
    }

    async fn add_finished(&mut self, encoded: Encoded, piece: (Piece, Checksum), rows: Option<u64>) -> Result<(), TaskErrorKind> {
        self.list(&encoded.entry, self.composer.size()).await?;
        self.record(&record(&encoded.entry, Some(encoded.sha256), rows)).await?;
        self.push(piece).await
    }

    /// Writes a record into the manifest, if there is one.
    async fn record(&mut self, record: &FileRecord) -> Result<(), TaskErrorKind> {
        let Some(manifest) = &mut self.manifest else { return Ok(()) };
        manifest.write(&self.files.file(record).map_err(damaged)?).await
    }

    async fn push(&mut self, (piece, sum): (Piece, Checksum)) -> Result<(), TaskErrorKind> {
        self.sum = self.sum.followed_by(sum);
        Ok(self.composer.push(piece).await?)
    }

    async fn list(&mut self, entry: &ZipEntry, offset: u64) -> Result<(), TaskErrorKind> {
        self.entries += 1;
        self.directory.push(&central_record(entry, offset)).await
    }
}

fn record(entry: &ZipEntry, sha256: Option<String>, rows: Option<u64>) -> FileRecord {
    let (path, bytes, crc32) = (entry.name.clone(), entry.uncompressed, Some(entry.crc32));
    FileRecord { path, module: None, rows, bytes, crc32, sha256, ranges: Vec::new() }
}

fn whole(bytes: Bytes) -> (Piece, Checksum) {
    let sum = Checksum::of(&bytes);
    (Piece::Bytes(bytes), sum)
}

fn damaged(error: serde_json::Error) -> TaskErrorKind {
    TaskErrorKind::WorkDamaged { document: "The manifest", source: error }
}
