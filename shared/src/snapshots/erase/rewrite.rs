//! Writes the versions of modules anew without some records. Memory use is one block or pack, and the documents of one version.

use std::collections::HashMap;

use bytes::Bytes;

use super::exclusion::Exclusion;
use super::kept::kept_versions;
use super::wanted::{WantedIds, WantedRecords};
use super::{packs, rows};
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{Block, FileRun, Pack};
use crate::ports::{ErrorKind, PortError, put_json};
use crate::snapshots::amend::index_of;
use crate::snapshots::block_text::deflated;
use crate::snapshots::keys;
use crate::snapshots::of_backup::version_if_kept;
use crate::snapshots::packed::OpenPack;
use crate::snapshots::reader::{StoredModule, files};
use crate::snapshots::session::SessionPorts;
use crate::snapshots::stores::{store, stored_object};

/// What takes the place of a block: another one, or nothing.
type NewBlock = Option<Block>;
/// What takes the place of a pack, and the size of the attachments that are gone.
type NewPack = (Option<Pack>, u64);

/// Erases records from versions of modules.
pub struct Rewriting<'a> {
    ports: &'a SessionPorts,
    org: OrgId,
    wanted: &'a WantedRecords,
    exclusion: &'a mut Exclusion,
    /// What takes the place of blocks and packs that versions share, by the module's name and their own.
    blocks: HashMap<(String, String), NewBlock>,
    packs: HashMap<(String, String), NewPack>,
}

impl<'a> Rewriting<'a> {
    pub fn new(ports: &'a SessionPorts, org: OrgId, wanted: &'a WantedRecords, exclusion: &'a mut Exclusion) -> Self {
        Self { ports, org, wanted, exclusion, blocks: HashMap::new(), packs: HashMap::new() }
    }

    /// Writes all versions anew that have one of the records, and then what the catalogue says of current ones. Returns the number of
    /// versions. What it replaces is still stored.
    pub async fn rewrite_all(mut self) -> Result<u64, PortError> {
        let mut rewritten = 0;
        let kept = kept_versions(self.ports, self.org).await?;
        for module in kept.versions.into_keys() {
            if !self.wanted.has_module(&module.api_name) {
                continue;
            }
            let Some(stored) = version_if_kept(&*self.ports.stores.objects, self.org, &module).await? else { continue };
            if let Some(new) = self.rewrite(stored).await? {
                self.exclusion.hold().await?;
                let at = keys::stored_module(self.org, &module.api_name, &module.version);
                put_json(&*self.ports.stores.objects, &at, &new, "encode what a module consists of").await?;
                rewritten += 1;
            }
        }
        self.catalogue().await?;
        Ok(rewritten)
    }

    /// Corrects the numbers of current versions.
    async fn catalogue(&mut self) -> Result<(), PortError> {
        let catalogue = &self.ports.catalogue;
        if let Some(native) = self.corrected(catalogue.modules(self.org).await?).await? {
            self.exclusion.hold().await?;
            catalogue.publish(self.org, &native).await?;
        }
        if let Some(captured) = self.corrected(catalogue.captured(self.org).await?).await? {
            self.exclusion.hold().await?;
            catalogue.publish_capture(self.org, &captured).await?;
        }
        Ok(())
    }

    /// Returns all modules of a list with the numbers of their documents; `None` if all have them.
    async fn corrected(&self, mut modules: Vec<Module>) -> Result<Option<Vec<Module>>, PortError> {
        let mut is_changed = false;
        for module in modules.iter_mut().filter(|module| self.wanted.has_module(&module.api_name)) {
            let Some(stored) = version_if_kept(&*self.ports.stores.objects, self.org, &module.clone().into()).await? else {
                continue;
            };
            let Module { rows, row_bytes, attachments, attachment_bytes, .. } = stored.module;
            let corrected = Module { rows, row_bytes, attachments, attachment_bytes, ..module.clone() };
            is_changed |= corrected != *module;
            *module = corrected;
        }
        Ok(is_changed.then_some(modules))
    }

    /// Returns the document of a version without the records; `None` if it has none of them.
    async fn rewrite(&mut self, stored: StoredModule) -> Result<Option<StoredModule>, PortError> {
        let Some(wanted) = self.wanted.of(&stored.module) else { return Ok(None) };
        let mut new = StoredModule { blocks: Vec::new(), files: Vec::new(), ..stored.clone() };
        for block in &stored.blocks {
            new.blocks.extend(self.block(&stored.module, block, &wanted).await?);
        }
        for run in &stored.files {
            let (run, gone) = self.run(&stored.module, run, &wanted).await?;
            new.files.extend(run);
            new.module.attachment_bytes -= gone;
        }
        if new.blocks == stored.blocks && new.files == stored.files {
            return Ok(None);
        }
        let rows = |blocks: &[Block]| blocks.iter().map(|block| block.rows).sum::<u64>();
        new.module.rows -= rows(&stored.blocks) - rows(&new.blocks);
        new.module.row_bytes = new.blocks.iter().map(|block| block.text_bytes).sum();
        new.module.attachments = new.files.iter().map(FileRun::count).sum();
        new.sha256 = self.sha256(&new).await?;
        Ok(Some(new))
    }

    /// SHA-256 of the module's CSV file, if there is one block.
    async fn sha256(&self, new: &StoredModule) -> Result<Option<String>, PortError> {
        let [block] = new.blocks.as_slice() else { return Ok(None) };
        let text = deflated(&*self.ports.stores.objects, self.org, block).await?;
        let (block, module) = (block.clone(), new.module.clone());
        on_a_thread(move || rows::file_sha256(&text, &block, &module)).await.map(Some)
    }

    /// Returns what takes the place of a block.
    async fn block(&mut self, module: &Module, block: &Block, wanted: &WantedIds) -> Result<NewBlock, PortError> {
        let name = (module.api_name.clone(), block.object.clone());
        if let Some(known) = self.blocks.get(&name) {
            return Ok(known.clone());
        }
        let index = index_of(&*self.ports.stores.objects, self.org, block).await?;
        let new = match rows::count(&index, &wanted.ids)? {
            0 => Some(block.clone()),
            _ => self.new_block(module, block, index, wanted).await?,
        };
        self.blocks.insert(name, new.clone());
        Ok(new)
    }

    async fn new_block(
        &mut self,
        module: &Module,
        block: &Block,
        index: Bytes,
        wanted: &WantedIds,
    ) -> Result<NewBlock, PortError> {
        self.exclusion.hold().await?;
        let text = deflated(&*self.ports.stores.objects, self.org, block).await?;
        let (old, module, ids) = (block.clone(), module.clone(), wanted.ids.clone());
        let encoded = on_a_thread(move || rows::without((&text, &index), &old, &module, &ids)).await?;
        let Some(encoded) = encoded else { return Ok(None) };
        self.keep(&encoded.block.object, encoded.body).await?;
        Ok(Some(encoded.block))
    }

    /// Returns what takes the place of attachments, and the size of those that are gone.
    async fn run(&mut self, module: &Module, run: &FileRun, wanted: &WantedIds) -> Result<(Option<FileRun>, u64), PortError> {
        match run {
            FileRun::Large(large) if wanted.texts.contains(&large.file.attachment.record_id) => {
                Ok((None, large.file.entry.uncompressed))
            }
            FileRun::Large(_) => Ok((Some(run.clone()), 0)),
            FileRun::Pack(pack) => {
                let (pack, gone) = self.pack(module, pack, wanted).await?;
                Ok((pack.map(FileRun::Pack), gone))
            }
        }
    }

    async fn pack(&mut self, module: &Module, pack: &Pack, wanted: &WantedIds) -> Result<NewPack, PortError> {
        let name = (module.api_name.clone(), pack.object.clone());
        if let Some(known) = self.packs.get(&name) {
            return Ok(known.clone());
        }
        let objects = &*self.ports.stores.objects;
        let list = files(objects, self.org, &FileRun::Pack(pack.clone())).await?;
        let new = if list.iter().any(|file| wanted.texts.contains(&file.attachment.record_id)) {
            self.exclusion.hold().await?;
            let open = OpenPack::read(objects, self.org, pack).await?;
            let (new, gone) = packs::without(&open, &wanted.texts)?;
            let mut kept = None;
            if let Some((pack, body)) = new {
                self.keep(&pack.object, body.into()).await?;
                kept = Some(pack);
            }
            (kept, gone)
        } else {
            (Some(pack.clone()), 0)
        };
        self.packs.insert(name, new.clone());
        Ok(new)
    }

    /// Stores an object. It stays while this lasts, because nobody else sweeps meanwhile.
    async fn keep(&self, object: &str, body: Bytes) -> Result<(), PortError> {
        store(&*self.ports.stores.objects, &stored_object(self.org, object), body).await
    }
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, PortError> + Send + 'static) -> Result<T, PortError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| PortError::with(ErrorKind::Corrupt, "write a block anew", error))?
}
