//! Where the objects of snapshots lie, and how one is stored unless it is there already.

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::keys;
use crate::archive::STORED_FORMAT;
use crate::domain::id::OrgId;
use crate::ports::{ObjectRef, Objects, PortError, Uploads};

/// Bytes of SHA-256 in the name of an object.
const NAME_BYTES: usize = 20;
const OCTETS: &str = "application/octet-stream";

/// The stores that writers use.
#[derive(Clone)]
pub struct SnapshotStores {
    pub objects: Arc<dyn Objects>,
    /// Stores large files.
    pub uploads: Arc<dyn Uploads>,
}

/// Names an object by the parts that determine its bytes, and by the format in which they are written.
pub(super) fn object_name(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    format!("{STORED_FORMAT}-{}", hex::encode(&sha.finalize()[..NAME_BYTES]))
}

/// The object of a block, pack or large file.
pub fn stored_object(org: OrgId, object: &str) -> ObjectRef {
    ObjectRef::crm(format!("{}{object}", keys::stored_prefix(org)))
}

/// Whether an object of this name is written as this build does it.
pub(super) fn is_of_this_format(object: &str) -> bool {
    object.strip_prefix(&STORED_FORMAT.to_string()).is_some_and(|rest| rest.starts_with('-'))
}

/// Stores an object in place of a damaged one of the same name.
pub(super) async fn replace(objects: &dyn Objects, at: &ObjectRef, body: Bytes) -> Result<(), PortError> {
    objects.put(at, body, OCTETS).await
}

/// Stores an object of this name, unless there is one of the same size. One of another size was damaged, and is replaced.
pub(super) async fn store(objects: &dyn Objects, at: &ObjectRef, body: Bytes) -> Result<(), PortError> {
    let known = objects.head(at).await?;
    if known.is_some_and(|known| known.size == body.len() as u64) {
        return Ok(());
    }
    objects.put(at, body, OCTETS).await
}
