//! Large attachments of the version of a module that is current now. One that has not changed is not uploaded again.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::reader::module_before;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, LargeFile};
use crate::ports::{ObjectBody, Objects, PortError};

/// Large attachments by their ids, read when the first of them is asked for.
#[derive(Default)]
pub(super) struct KnownFiles(Option<HashMap<String, LargeFile>>);

impl KnownFiles {
    pub async fn find(
        &mut self,
        (objects, org): (&dyn Objects, OrgId),
        before: Option<&Module>,
        id: &str,
    ) -> Result<Option<LargeFile>, PortError> {
        let Some(before) = before.filter(|before| before.attachments > 0) else { return Ok(None) };
        if self.0.is_none() {
            self.0 = Some(read(objects, org, before).await?);
        }
        Ok(self.0.as_ref().and_then(|known| known.get(id)).cloned())
    }
}

/// A version that cannot be read any more knows no files.
async fn read(objects: &dyn Objects, org: OrgId, before: &Module) -> Result<HashMap<String, LargeFile>, PortError> {
    let large = |run| match run {
        FileRun::Large(large) => Some((large.file.attachment.id.clone(), *large)),
        FileRun::Pack(_) => None,
    };
    let stored = module_before(objects, org, before).await?;
    Ok(stored.into_iter().flat_map(|stored| stored.files).filter_map(large).collect())
}

/// Returns the SHA-256 of what a body has left, as lower-case hexadecimal digits.
pub(super) async fn sha256_of(mut body: ObjectBody) -> Result<String, PortError> {
    let mut sha = Sha256::new();
    while let Some(piece) = body.try_next().await? {
        sha.update(&piece);
    }
    Ok(hex::encode(sha.finalize()))
}
