//! Writes packs anew without the attachments of some records. The other zip entries keep their bytes, names and order.

use std::collections::BTreeSet;

use crate::archive::zip::local_header;
use crate::domain::snapshot::{Pack, StoredFile};
use crate::ports::{ErrorKind, PortError};
use crate::snapshots::packed::{OpenPack, pack_of};

/// A pack that was written anew, with its bytes.
pub(super) type NewPack = (Pack, Vec<u8>);

/// Writes a pack without the attachments of these records; `None` if none is left. Returns it with the size of the attachments that are gone.
pub(super) fn without(open: &OpenPack, records: &BTreeSet<String>) -> Result<(Option<NewPack>, u64), PortError> {
    let (mut entries, mut kept, mut gone) = (Vec::new(), Vec::new(), 0);
    for file in &open.files {
        if records.contains(&file.attachment.record_id) {
            gone += file.entry.uncompressed;
            continue;
        }
        kept.push(StoredFile { offset: entries.len() as u64, ..file.clone() });
        entries.extend_from_slice(bytes_of(open, file)?);
    }
    if kept.is_empty() {
        return Ok((None, gone));
    }
    let pack =
        pack_of(&kept, entries).map_err(|error| PortError::with(ErrorKind::Corrupt, "encode the list of a pack", error))?;
    Ok((Some(pack), gone))
}

/// The zip entry of an attachment: its local header and its compressed bytes.
fn bytes_of<'a>(open: &'a OpenPack, file: &StoredFile) -> Result<&'a [u8], PortError> {
    let damaged = || PortError::new(ErrorKind::Corrupt, "read an attachment of a pack");
    let size = local_header(&file.entry).len() as u64 + file.entry.compressed;
    let [start, end] = [file.offset, file.offset + size].map(usize::try_from);
    let (start, end) = (start.map_err(|_| damaged())?, end.map_err(|_| damaged())?);
    let bytes = open.entries.get(start..end).ok_or_else(damaged)?;
    if crc32fast::hash(bytes) == file.stored_crc32 { Ok(bytes) } else { Err(damaged()) }
}
