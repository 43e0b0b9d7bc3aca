//! Small attachments that lie in the packs of earlier versions of a module. Their compressed bytes are copied into new packs.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::reader::{files, if_readable, pack_list};
use super::stores::{object_name, stored_object};
use crate::archive::zip::local_header;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, Pack, StoredFile};
use crate::domain::zip_entry::ZipEntry;
use crate::ports::{ErrorKind, Objects, PortError, read_all};

/// Number of lists of packs that are read at a time.
pub(super) const LISTS_AT_ONCE: usize = 4;

/// A small attachment that is stored already.
#[derive(Debug)]
pub(super) struct PackedFile {
    pub entry: ZipEntry,
    /// SHA-256 of the file as lower-case hexadecimal digits.
    pub sha256: String,
    /// The compressed bytes.
    pub bytes: Bytes,
}

/// Makes a pack of zip entries and the list of them; there is one at least. Returns it with its bytes.
pub(super) fn pack_of(files: &[StoredFile], mut entries: Vec<u8>) -> Result<(Pack, Vec<u8>), serde_json::Error> {
    let list = serde_json::to_vec(files)?;
    let (object, bytes) = (object_name(&[&entries, &list]), entries.len() as u64);
    entries.extend_from_slice(&list);
    let first = &files[0].attachment;
    let pack = Pack {
        object,
        count: files.len() as u64,
        bytes,
        list_bytes: list.len() as u64,
        stored_crc32: crc32fast::hash(&entries),
        first: (first.record_id.clone(), first.name.clone()),
    };
    Ok((pack, entries))
}

/// A pack in memory.
pub(super) struct OpenPack {
    /// The zip entries.
    pub entries: Bytes,
    pub files: Vec<StoredFile>,
}

impl OpenPack {
    /// Reads a pack. Fails with `Corrupt` if it is not what was stored.
    pub async fn read(objects: &dyn Objects, org: OrgId, pack: &Pack) -> Result<Self, PortError> {
        let mut entries = read_all(objects, &stored_object(org, &pack.object)).await?;
        let is_whole = entries.len() as u64 == pack.bytes + pack.list_bytes && crc32fast::hash(&entries) == pack.stored_crc32;
        if !is_whole {
            return Err(PortError::new(ErrorKind::Corrupt, "read a pack"));
        }
        let list = entries.split_off(entries.len().saturating_sub(usize::try_from(pack.list_bytes).unwrap_or(usize::MAX)));
        Ok(Self { entries, files: pack_list(pack, &list)? })
    }

    /// Returns the file at `at` in the list, if it has this id and size.
    fn file(&self, at: u32, id: &str, size: Option<u64>) -> Option<PackedFile> {
        let file = self.files.get(usize::try_from(at).ok()?)?;
        if file.attachment.id != id || size.is_some_and(|size| file.entry.uncompressed != size) {
            return None;
        }
        let start = usize::try_from(file.offset).ok()? + local_header(&file.entry).len();
        let end = start.checked_add(usize::try_from(file.entry.compressed).ok()?)?;
        let bytes = (end <= self.entries.len()).then(|| self.entries.slice(start..end))?;
        Some(PackedFile { entry: file.entry.clone(), sha256: file.sha256.clone(), bytes })
    }
}

/// Where a file lies. An id is remembered by its hash; the list of the pack tells files of the same hash apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    id_hash: u64,
    pack: u32,
    /// Position in the list of the pack.
    at: u32,
}

const _: () = assert!(size_of::<Place>() == 16);

/// The files of packs. Memory use is 16 bytes for each file, and one pack: files are asked for in the order in which they lie.
#[derive(Default)]
pub(super) struct PackedFiles {
    packs: Vec<Pack>,
    /// In ascending order.
    places: Vec<Place>,
    /// The pack that was read last.
    last: Option<(u32, OpenPack)>,
    /// Packs that cannot be read.
    unreadable: HashSet<u32>,
    /// Their objects, as far as they were not taken.
    damaged: Vec<String>,
}

impl PackedFiles {
    /// Reads the lists of packs. A file that several of them hold is taken from the first.
    pub async fn read((objects, org): (&dyn Objects, OrgId), packs: Vec<Pack>) -> Result<Self, PortError> {
        let lists = stream::iter(packs.clone())
            .map(|pack| async move { if_readable(files(objects, org, &FileRun::Pack(pack)).await) })
            .buffered(LISTS_AT_ONCE);
        let numbered = lists.zip(stream::iter(0u32..)).map(|(list, pack)| list.map(|list| (list, pack)));
        let add = async |mut places: Vec<Place>, (list, pack): (Option<Vec<StoredFile>>, u32)| {
            let ids = list.iter().flatten().map(|file| hash(&file.attachment.id));
            places.extend((0u32..).zip(ids).map(|(at, id_hash)| Place { id_hash, pack, at }));
            Ok::<_, PortError>(places)
        };
        let mut places = numbered.try_fold(Vec::new(), add).await?;
        places.sort_unstable();
        Ok(Self { packs, places, ..Self::default() })
    }

    /// Returns the file of this id, and of this size if it is known; `None` if there is none that can be read.
    pub async fn find(
        &mut self,
        (objects, org): (&dyn Objects, OrgId),
        id: &str,
        size: Option<u64>,
    ) -> Result<Option<PackedFile>, PortError> {
        let id_hash = hash(id);
        let first = self.places.partition_point(|place| place.id_hash < id_hash);
        let count = self.places[first..].iter().take_while(|place| place.id_hash == id_hash).count();
        for at in first..first + count {
            let place = self.places[at];
            let pack = self.open((objects, org), place.pack).await?;
            if let Some(file) = pack.and_then(|pack| pack.file(place.at, id, size)) {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Returns the objects that were found to be damaged since the last call.
    pub fn take_damaged(&mut self) -> Vec<String> {
        std::mem::take(&mut self.damaged)
    }

    async fn open(&mut self, (objects, org): (&dyn Objects, OrgId), number: u32) -> Result<Option<&OpenPack>, PortError> {
        if self.unreadable.contains(&number) {
            return Ok(None);
        }
        if self.last.as_ref().is_none_or(|(last, _)| *last != number) {
            // Its memory is needed for the next one.
            self.last = None;
            let Some(pack) = self.packs.get(number as usize) else { return Ok(None) };
            let Some(read) = if_readable(OpenPack::read(objects, org, pack).await)? else {
                self.damaged.push(pack.object.clone());
                self.unreadable.insert(number);
                return Ok(None);
            };
            self.last = Some((number, read));
        }
        Ok(self.last.as_ref().map(|(_, pack)| pack))
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
