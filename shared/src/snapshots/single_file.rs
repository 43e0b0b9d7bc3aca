//! Takes single attachments out of a version of a module: as objects of their own, or piece by piece.

use std::sync::Arc;

use bytes::Bytes;
use flate2::Decompress;
use flate2::FlushDecompress;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::find::RecordReader;
use super::packed::OpenPack;
use super::reader::{StoredModule, files};
use super::stores::{SnapshotStores, stored_object};
use crate::archive::compose::{Piece, compose};
use crate::archive::zip::local_header;
use crate::domain::digest::Digester;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, StoredFile};
use crate::domain::zip_entry::Method;
use crate::ports::{ErrorKind, ObjectBody, ObjectRef, Objects, PartTag, PortError, UploadId};

/// Prefix of the objects of single attachments, in the bucket of zips. They are deleted after a day.
pub const SINGLE_FILES: &str = "archives/single/";
/// Number of lists of packs that are read at a time.
const LISTS_AT_ONCE: usize = 8;
/// Size of the parts of an upload in bytes.
const PART: usize = 8 << 20;
/// Largest compressed attachment that is decompressed, in bytes once decompressed. What is stored without compression may be larger.
pub const MAX_INFLATED: u64 = 512 << 20;
const OCTETS: &str = "application/octet-stream";

/// An attachment, and where it lies.
#[derive(Debug, Clone)]
pub struct FoundFile {
    pub(super) run: Arc<FileRun>,
    pub file: StoredFile,
}

impl FoundFile {
    pub(super) fn new(run: Arc<FileRun>, file: StoredFile) -> Self {
        Self { run, file }
    }

    /// Whether [`extract`] takes it out.
    pub fn can_be_extracted(&self) -> bool {
        self.file.entry.method == Method::Stored || self.file.entry.uncompressed <= MAX_INFLATED
    }
}

/// Reads the attachments of a run in order.
pub async fn found_files(objects: &dyn Objects, org: OrgId, run: &FileRun) -> Result<Vec<FoundFile>, PortError> {
    let shared = Arc::new(run.clone());
    Ok(files(objects, org, run).await?.into_iter().map(|file| FoundFile::new(shared.clone(), file)).collect())
}

impl RecordReader {
    /// Finds the attachments of a record, in their order.
    pub async fn attachments(&self, stored: &StoredModule, record: &str) -> Result<Vec<FoundFile>, PortError> {
        let read = |run: Arc<FileRun>| {
            let (objects, org) = (self.objects.clone(), self.org);
            async move { files(&*objects, org, &run).await.map(|files| (run, files)) }
        };
        let mut lists = stream::iter(stored.files.iter().cloned().map(Arc::new)).map(read).buffered(LISTS_AT_ONCE);
        let mut found = Vec::new();
        while let Some((run, files)) = lists.try_next().await? {
            let of_record = files.into_iter().filter(|file| file.attachment.record_id == record);
            found.extend(of_record.map(|file| FoundFile { run: run.clone(), file }));
        }
        Ok(found)
    }
}

/// Writes an attachment as an object of its own. Memory use is a few parts. One that is not compressed never leaves the store if it is large.
/// Fails with `Corrupt` if it is not what was stored.
pub async fn extract(stores: &SnapshotStores, org: OrgId, found: &FoundFile, to: &ObjectRef) -> Result<(), PortError> {
    let (from, file) = (stored_object(org, found.run.object()), &found.file);
    let size = file.entry.compressed;
    match (&*found.run, file.entry.method) {
        (FileRun::Large(_), Method::Stored) => {
            let whole = vec![Piece::Object { from, range: 0..size }];
            compose(&*stores.objects, &*stores.uploads, to, (OCTETS, Some(file.entry.crc32)), whole).await.map(drop)
        }
        (FileRun::Large(_), Method::Deflated) => inflate_large(stores, stores.objects.get(&from, None).await?, file, to).await,
        (FileRun::Pack(pack), _) => {
            let pack = OpenPack::read(&*stores.objects, org, pack).await?;
            let start = usize::try_from(file.offset).unwrap_or(usize::MAX).saturating_add(local_header(&file.entry).len());
            let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
            let bytes = if end <= pack.entries.len() { pack.entries.slice(start..end) } else { return Err(damaged()) };
            let bytes = if file.entry.method == Method::Deflated { inflate_whole(&bytes, file)? } else { bytes };
            let is_same = crc32fast::hash(&bytes) == file.entry.crc32;
            if is_same { stores.objects.put(to, bytes, OCTETS).await } else { Err(damaged()) }
        }
    }
}

pub(super) fn damaged() -> PortError {
    PortError::new(ErrorKind::Corrupt, "take out an attachment")
}

pub(super) fn inflate_whole(bytes: &[u8], file: &StoredFile) -> Result<Bytes, PortError> {
    let mut inflated = Vec::with_capacity(usize::try_from(file.entry.uncompressed).map_err(|_| damaged())?);
    let mut inflater = Inflater::new();
    inflater.push(bytes, &mut inflated)?;
    Ok(inflated.into())
}

pub(super) struct Inflater(Decompress);

impl Inflater {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// Appends what the bytes decompress to.
    fn push(&mut self, mut bytes: &[u8], to: &mut Vec<u8>) -> Result<(), PortError> {
        loop {
            to.reserve(64 << 10);
            let (read, written) = (self.0.total_in(), self.0.total_out());
            let inflated = self.0.decompress_vec(bytes, to, FlushDecompress::None);
            inflated.map_err(|error| PortError::with(ErrorKind::Corrupt, "take out an attachment", error))?;
            let taken = usize::try_from(self.0.total_in() - read).map_err(|_| damaged())?;
            bytes = &bytes[taken..];
            let has_room = to.len() < to.capacity();
            if has_room && (bytes.is_empty() || (taken == 0 && self.0.total_out() == written)) {
                return Ok(());
            }
        }
    }
}

/// Uploads a large attachment while it is decompressed.
async fn inflate_large(
    stores: &SnapshotStores,
    mut body: ObjectBody,
    file: &StoredFile,
    to: &ObjectRef,
) -> Result<(), PortError> {
    let upload = stores.uploads.begin(to, OCTETS).await?;
    let (mut inflater, mut digest, mut waiting, mut tags) = (Inflater::new(), Digester::default(), Vec::new(), Vec::new());
    while let Some(bytes) = body.try_next().await? {
        for piece in bytes.chunks(256 << 10) {
            let before = waiting.len();
            (inflater, waiting) = inflate(inflater, waiting, piece.to_vec()).await?;
            digest.update(&waiting[before..]);
            if waiting.len() >= PART {
                send(stores, (to, &upload), std::mem::take(&mut waiting), &mut tags).await?;
            }
        }
    }
    if !waiting.is_empty() || tags.is_empty() {
        send(stores, (to, &upload), waiting, &mut tags).await?;
    }
    if digest.finish().sha256 != file.sha256 {
        stores.uploads.abort(to, &upload).await?;
        return Err(damaged());
    }
    stores.uploads.complete(to, &upload, tags, Some(file.entry.crc32)).await
}

/// Decompresses on a thread that may be busy with it.
pub(super) async fn inflate(mut inflater: Inflater, mut to: Vec<u8>, bytes: Vec<u8>) -> Result<(Inflater, Vec<u8>), PortError> {
    let inflating = tokio::task::spawn_blocking(move || inflater.push(&bytes, &mut to).map(|()| (inflater, to)));
    inflating.await.map_err(|error| PortError::with(ErrorKind::Corrupt, "take out an attachment", error))?
}

async fn send(
    stores: &SnapshotStores,
    (to, upload): (&ObjectRef, &UploadId),
    bytes: Vec<u8>,
    tags: &mut Vec<PartTag>,
) -> Result<(), PortError> {
    let number = i32::try_from(tags.len() + 1).unwrap_or(i32::MAX);
    tags.push(stores.uploads.part(to, upload, number, bytes.into()).await?);
    Ok(())
}
