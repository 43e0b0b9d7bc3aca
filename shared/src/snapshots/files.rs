//! Stores attachments: small ones as zip entries in packs, large ones as objects of their own. Each is compressed once, as
//! the zip entry that backups copy.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::error::WriteError;
use super::input::NewAttachment;
use super::large_files::{LARGE_FILE, Staged, fill, upload_encoded};
use super::packed::{LISTS_AT_ONCE, OpenPack, PackedFile, pack_of};
use super::reader::files;
use super::stores::{SnapshotStores, object_name, store, stored_object};
use crate::archive::LEVEL;
use crate::archive::compose::{Piece, compose};
use crate::archive::compressible::is_compressible;
use crate::archive::encoder::{Encoded, EntryEncoder, WholeEncoder, store_whole};
use crate::archive::names::PathNamer;
use crate::archive::zip::{Method, local_header};
use crate::domain::crm::Attachment;
use crate::domain::cutting::Cutting;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, LargeFile, Pack, StoredFile};
use crate::domain::zip_entry::ZipEntry;
use crate::ports::{ObjectBody, ObjectRef};
use crate::telemetry::Causes;

const OCTETS: &str = "application/octet-stream";

/// The attachments of a module that are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredFiles {
    runs: Vec<FileRun>,
    /// The pack that has not ended.
    open: Option<Pack>,
    /// Size of all attachments in bytes.
    bytes: u64,
}

impl StoredFiles {
    /// The attachments of a whole module. Others may follow.
    pub fn of_module(mut runs: Vec<FileRun>, bytes: u64) -> Self {
        let open = match runs.pop() {
            Some(FileRun::Pack(last)) => Some(last),
            large => {
                runs.extend(large);
                None
            }
        };
        Self { runs, open, bytes }
    }

    /// Number of attachments.
    pub fn count(&self) -> u64 {
        self.runs.iter().map(FileRun::count).sum::<u64>() + self.open.as_ref().map_or(0, |pack| pack.count)
    }
}

/// Stores the attachments of one module.
pub(super) struct FileWriter {
    stores: SnapshotStores,
    org: OrgId,
    api_name: String,
    cutting: Cutting,
    stored: StoredFiles,
    /// Names the attachments; `None` until it knows the names of those that earlier writers have stored.
    paths: Option<PathNamer>,
    pack: Vec<u8>,
    packed: Vec<StoredFile>,
    /// Packs that are damaged in the store.
    damaged: HashSet<String>,
    /// Where a large file is uploaded before its name is known.
    staged: ObjectRef,
}

impl FileWriter {
    /// Creates a writer that uploads large files to `staged` first.
    pub fn new(stores: SnapshotStores, org: OrgId, api_name: &str, cutting: Cutting, staged: ObjectRef) -> Self {
        let (api_name, stored, paths) = (api_name.to_owned(), StoredFiles::default(), Some(PathNamer::of_attachments()));
        Self {
            stores,
            org,
            api_name,
            cutting,
            stored,
            paths,
            pack: Vec::new(),
            packed: Vec::new(),
            damaged: HashSet::new(),
            staged,
        }
    }

    /// Goes on behind attachments that are stored, instead of what this writer has stored.
    #[must_use]
    pub fn behind(self, stored: StoredFiles) -> Self {
        Self { stored, paths: None, pack: Vec::new(), packed: Vec::new(), ..self }
    }

    /// Replaces these packs instead of relying on what the store has.
    pub fn replace(&mut self, damaged: Vec<String>) {
        self.damaged.extend(damaged);
    }

    /// Whether nothing is stored yet.
    pub fn is_empty(&self) -> bool {
        self.stored == StoredFiles::default() && self.packed.is_empty()
    }

    /// Stores an attachment. If its bytes cannot be read, it is as if it had not been given.
    pub async fn add(&mut self, new: NewAttachment, body: ObjectBody) -> Result<StoredFile, WriteError> {
        let mut body = body.fuse().boxed();
        let head = fill(&mut body, LARGE_FILE).await?;
        let file = match head.len() < LARGE_FILE {
            true => self.add_small(new, head).await?,
            false => self.add_large(new, (head, body)).await?,
        };
        self.stored.bytes += file.entry.uncompressed;
        Ok(file)
    }

    /// Stores an attachment that has the bytes of a large one that is stored already. Returns `false` if the latter is damaged or gone.
    pub async fn add_known(&mut self, new: NewAttachment, known: LargeFile) -> Result<bool, WriteError> {
        let StoredFile { entry, stored_crc32, sha256, .. } = known.file;
        let at = stored_object(self.org, &known.object);
        if self.stores.objects.head(&at).await?.is_none_or(|found| found.size != entry.compressed) {
            return Ok(false);
        }
        let name = self.place(&new).await?;
        self.end_pack().await?;
        let file = stored_file(Encoded { entry: ZipEntry { name, ..entry }, sha256 }, (0, stored_crc32), new);
        self.stored.bytes += file.entry.uncompressed;
        self.stored.runs.push(FileRun::Large(Box::new(LargeFile { object: known.object, file })));
        Ok(true)
    }

    /// Stores an attachment that has the bytes of one that lies in a pack.
    pub async fn add_packed(&mut self, new: NewAttachment, known: PackedFile) -> Result<(), WriteError> {
        let name = self.place(&new).await?;
        let PackedFile { entry, sha256, bytes } = known;
        let file = self.append(Encoded { entry: ZipEntry { name, ..entry }, sha256 }, &bytes, new).await?;
        self.stored.bytes += file.entry.uncompressed;
        Ok(())
    }

    /// Stores what is left. Returns the attachments, and their size in bytes.
    pub async fn finish(mut self) -> Result<(Vec<FileRun>, u64), WriteError> {
        match self.stored.open.take() {
            // Nothing was added behind it.
            Some(open) => self.stored.runs.push(FileRun::Pack(open)),
            None => self.end_pack().await?,
        }
        Ok((self.stored.runs, self.stored.bytes))
    }

    /// Stores what is left, such that another writer goes on behind it.
    pub async fn pause(mut self) -> Result<StoredFiles, WriteError> {
        if !self.packed.is_empty() {
            self.stored.open = Some(self.store_pack().await?);
        }
        Ok(self.stored)
    }

    /// Returns the path of a new attachment.
    async fn place(&mut self, new: &NewAttachment) -> Result<String, WriteError> {
        if self.paths.is_none() {
            self.go_on().await?;
        }
        let paths = self.paths.get_or_insert_with(PathNamer::of_attachments);
        Ok(paths.place(&[&self.api_name, &new.record_id, &new.name]))
    }

    /// Takes over what the writer before had in memory: the names that it has given, and its last pack.
    async fn go_on(&mut self) -> Result<(), WriteError> {
        let (objects, org, mut paths) = (self.stores.objects.clone(), self.org, PathNamer::of_attachments());
        let mut place = |file: &StoredFile| {
            let Attachment { record_id, name, .. } = &file.attachment;
            paths.place(&[&self.api_name, record_id, name]);
        };
        let read = |run| {
            let objects = objects.clone();
            async move { files(&*objects, org, &run).await }
        };
        let mut lists = stream::iter(self.stored.runs.clone()).map(read).buffered(LISTS_AT_ONCE);
        while let Some(list) = lists.try_next().await? {
            list.iter().for_each(&mut place);
        }
        if let Some(pack) = &self.stored.open {
            let OpenPack { entries, files } = OpenPack::read(&*objects, org, pack).await?;
            files.iter().for_each(&mut place);
            (self.pack, self.packed) = (entries.into(), files);
        }
        (self.stored.open, self.paths) = (None, Some(paths));
        self.end_pack_if_full().await
    }

    async fn add_small(&mut self, new: NewAttachment, bytes: Bytes) -> Result<StoredFile, WriteError> {
        let path = self.place(&new).await?;
        let content_type = new.content_type.clone();
        let encoding = move || match is_compressible(&content_type, &bytes) {
            true => WholeEncoder::new(LEVEL).encode(path, bytes),
            false => Ok(store_whole(path, bytes)),
        };
        let encoded = tokio::task::spawn_blocking(encoding).await.map_err(WriteError::Interrupted)?;
        let (body, encoded) = encoded.map_err(WriteError::Compression)?;
        self.append(encoded, &body, new).await
    }

    /// Appends a zip entry to the pack.
    async fn append(&mut self, encoded: Encoded, body: &[u8], new: NewAttachment) -> Result<StoredFile, WriteError> {
        let start = self.pack.len();
        self.pack.extend(local_header(&encoded.entry));
        self.pack.extend_from_slice(body);
        let file = stored_file(encoded, (start as u64, crc32fast::hash(&self.pack[start..])), new);
        self.packed.push(file.clone());
        self.end_pack_if_full().await?;
        Ok(file)
    }

    async fn end_pack_if_full(&mut self) -> Result<(), WriteError> {
        let Some(last) = self.packed.last() else { return Ok(()) };
        match self.cutting.ends_behind(self.pack.len() as u64, last.attachment.id.as_bytes(), last.entry.compressed) {
            true => self.end_pack().await,
            false => Ok(()),
        }
    }

    async fn end_pack(&mut self) -> Result<(), WriteError> {
        if !self.packed.is_empty() {
            let pack = self.store_pack().await?;
            self.stored.runs.push(FileRun::Pack(pack));
        }
        Ok(())
    }

    /// Stores the files that are in memory; there is one at least.
    async fn store_pack(&mut self) -> Result<Pack, WriteError> {
        let files = std::mem::take(&mut self.packed);
        let (pack, body) = pack_of(&files, std::mem::take(&mut self.pack)).map_err(WriteError::Index)?;
        let (objects, at) = (&*self.stores.objects, stored_object(self.org, &pack.object));
        match self.damaged.remove(&pack.object) {
            true => objects.put(&at, body.into(), OCTETS).await?,
            false => store(objects, &at, body.into()).await?,
        }
        Ok(pack)
    }

    async fn add_large(&mut self, new: NewAttachment, (head, rest): (Bytes, ObjectBody)) -> Result<StoredFile, WriteError> {
        let is_deflated = is_compressible(&new.content_type, &head);
        let encoder = if is_deflated { EntryEncoder::deflated(LEVEL) } else { EntryEncoder::stored() };
        let uploads = &*self.stores.uploads;
        let upload = uploads.begin(&self.staged, OCTETS).await?;
        let staged = upload_encoded(uploads, (&self.staged, &upload), encoder, (head, rest)).await;
        if let Err(first) = &staged
            && let Err(error) = uploads.abort(&self.staged, &upload).await
        {
            tracing::warn!(error = %Causes(&error), failure = %Causes(first), "an upload could not be aborted after a failure");
        }
        let Staged { mut encoded, crc32 } = staged?;
        encoded.entry.name = self.place(&new).await?;
        self.end_pack().await?;
        let object = self.name_staged(&encoded, crc32).await?;
        let file = stored_file(encoded, (0, crc32), new);
        self.stored.runs.push(FileRun::Large(Box::new(LargeFile { object, file: file.clone() })));
        Ok(file)
    }

    /// Copies the uploaded file to its name, unless it is there already.
    async fn name_staged(&self, encoded: &Encoded, crc32: u32) -> Result<String, WriteError> {
        let method: &[u8] = match encoded.entry.method {
            Method::Stored => b"stored",
            Method::Deflated => b"deflated",
        };
        let object = object_name(&[encoded.sha256.as_bytes(), method]);
        let (objects, to, size) = (&*self.stores.objects, stored_object(self.org, &object), encoded.entry.compressed);
        if objects.head(&to).await?.is_none_or(|known| known.size != size) {
            let whole = vec![Piece::Object { from: self.staged.clone(), range: 0..size }];
            compose(objects, &*self.stores.uploads, &to, (OCTETS, Some(crc32)), whole).await?;
        }
        objects.delete(&self.staged).await?;
        Ok(object)
    }
}

fn stored_file(encoded: Encoded, (offset, stored_crc32): (u64, u32), new: NewAttachment) -> StoredFile {
    let attachment = Attachment {
        id: new.id,
        record_id: new.record_id,
        record_name: new.record_name,
        name: new.name,
        size: encoded.entry.uncompressed,
        content_type: new.content_type,
        created: new.created,
    };
    StoredFile { entry: encoded.entry, offset, stored_crc32, sha256: encoded.sha256, attachment }
}
