//! Attachments of earlier versions of a module. One that has not changed is neither fetched nor compressed nor stored again.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::packed::{PackedFile, PackedFiles};
use super::reader::module_before;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, LargeFile, Pack};
use crate::ports::{ObjectBody, Objects, PortError};

/// An attachment that is stored already.
pub(super) enum KnownFile {
    Large(Box<LargeFile>),
    Packed(PackedFile),
}

/// Attachments by their ids. What is needed of the versions is read when it is asked for first.
#[derive(Default)]
pub(super) struct KnownFiles {
    /// Versions in the order in which they are asked.
    modules: Vec<Module>,
    runs: Option<Runs>,
    packed: Option<PackedFiles>,
}

/// What the versions consist of. A version that cannot be read any more knows no files.
#[derive(Default)]
struct Runs {
    large: HashMap<String, LargeFile>,
    packs: Vec<Pack>,
}

impl KnownFiles {
    /// Adds a version that is asked before the others.
    pub fn ask_first(&mut self, module: Module) {
        self.modules.retain(|known| known.version != module.version);
        if module.attachments > 0 {
            self.modules.insert(0, module);
        }
        (self.runs, self.packed) = (None, None);
    }

    /// Returns the large attachment of this id.
    pub async fn large(&mut self, stores: (&dyn Objects, OrgId), id: &str) -> Result<Option<LargeFile>, PortError> {
        Ok(self.runs(stores).await?.large.get(id).cloned())
    }

    /// Returns the attachment of this id, and of this size if it is known.
    pub async fn of_size(
        &mut self,
        stores: (&dyn Objects, OrgId),
        id: &str,
        size: Option<u64>,
    ) -> Result<Option<KnownFile>, PortError> {
        let is_of_size = |known: &LargeFile| size.is_none_or(|size| known.file.entry.uncompressed == size);
        let known = self.large(stores, id).await?.filter(is_of_size);
        if let Some(known) = known {
            return Ok(Some(KnownFile::Large(Box::new(known))));
        }
        let packed = match &mut self.packed {
            Some(packed) => packed,
            None => {
                let packs = std::mem::take(&mut self.runs(stores).await?.packs);
                self.packed.insert(PackedFiles::read(stores, packs).await?)
            }
        };
        Ok(packed.find(stores, id, size).await?.map(KnownFile::Packed))
    }

    /// Returns the packs that were found to be damaged since the last call.
    pub fn take_damaged(&mut self) -> Vec<String> {
        self.packed.as_mut().map(PackedFiles::take_damaged).unwrap_or_default()
    }

    async fn runs(&mut self, stores: (&dyn Objects, OrgId)) -> Result<&mut Runs, PortError> {
        let runs = match self.runs.take() {
            Some(runs) => runs,
            None => read(stores, &self.modules).await?,
        };
        Ok(self.runs.insert(runs))
    }
}

async fn read((objects, org): (&dyn Objects, OrgId), modules: &[Module]) -> Result<Runs, PortError> {
    let (mut runs, mut objects_seen) = (Runs::default(), HashSet::new());
    for module in modules {
        let stored = module_before(objects, org, module).await?;
        for run in stored.into_iter().flat_map(|stored| stored.files) {
            match run {
                FileRun::Large(large) => {
                    runs.large.entry(large.file.attachment.id.clone()).or_insert(*large);
                }
                FileRun::Pack(pack) if objects_seen.insert(pack.object.clone()) => runs.packs.push(pack),
                FileRun::Pack(_) => {}
            }
        }
    }
    Ok(runs)
}

/// Returns the SHA-256 of what a body has left, as lower-case hexadecimal digits.
pub(super) async fn sha256_of(mut body: ObjectBody) -> Result<String, PortError> {
    let mut sha = Sha256::new();
    while let Some(piece) = body.try_next().await? {
        sha.update(&piece);
    }
    Ok(hex::encode(sha.finalize()))
}
