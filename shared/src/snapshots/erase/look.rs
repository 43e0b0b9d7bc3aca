//! Looks for records in everything that is kept, by row indexes and lists of packs. What versions share is read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::kept::{KeptVersions, kept_versions};
use super::wanted::{WantedIds, WantedRecords};
use crate::domain::id::{BackupId, OrgId};
use crate::domain::snapshot::{Block, FileRun};
use crate::ports::PortError;
use crate::snapshots::amend::index_of;
use crate::snapshots::find::id_text;
use crate::snapshots::of_backup::version_if_kept;
use crate::snapshots::packed::LISTS_AT_ONCE;
use crate::snapshots::reader::{StoredModule, files};
use crate::snapshots::row_index::for_each_id;
use crate::snapshots::row_index_reader::damaged;
use crate::snapshots::session::SessionPorts;

/// Number of indexes that are read at a time.
const INDEXES_AT_ONCE: usize = 8;

/// The records of a module that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundModule {
    /// Display name, in one of the versions.
    pub label: String,
    /// Ids of the records.
    pub records: BTreeSet<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// By API name.
    pub modules: BTreeMap<String, FoundModule>,
    /// Backups whose snapshots have one of the records.
    pub concerned: BTreeSet<BackupId>,
    /// Backups whose snapshots are kept.
    pub kept: BTreeSet<BackupId>,
}

impl Found {
    /// Number of records.
    pub fn records(&self) -> u64 {
        self.modules.values().map(|module| module.records.len() as u64).sum()
    }
}

/// Looks for records.
pub struct Looking<'a> {
    ports: &'a SessionPorts,
    org: OrgId,
    wanted: &'a WantedRecords,
    /// Records by module and object, as far as objects were read.
    known: HashMap<(String, String), BTreeSet<String>>,
}

impl<'a> Looking<'a> {
    pub fn new(ports: &'a SessionPorts, org: OrgId, wanted: &'a WantedRecords) -> Self {
        Self { ports, org, wanted, known: HashMap::new() }
    }

    /// Looks in all snapshots and current versions.
    pub async fn look(mut self) -> Result<Found, PortError> {
        let KeptVersions { versions, backups } = kept_versions(self.ports, self.org).await?;
        let mut found = Found { kept: backups, ..Found::default() };
        for (module, concerned) in versions {
            if !self.wanted.has_module(&module.api_name) {
                continue;
            }
            let Some(stored) = version_if_kept(&*self.ports.stores.objects, self.org, &module).await? else { continue };
            let records = self.records_of(&stored).await?;
            if records.is_empty() {
                continue;
            }
            let known = found.modules.entry(module.api_name).or_default();
            known.label = stored.module.label;
            known.records.extend(records);
            found.concerned.extend(concerned);
        }
        Ok(found)
    }

    async fn records_of(&mut self, stored: &StoredModule) -> Result<BTreeSet<String>, PortError> {
        let Some(wanted) = self.wanted.of(&stored.module) else { return Ok(BTreeSet::new()) };
        self.read_blocks(stored, &wanted).await?;
        self.read_lists(stored, &wanted).await?;
        let blocks = stored.blocks.iter().map(|block| block.object.as_str());
        let objects = blocks.chain(stored.files.iter().map(FileRun::object));
        let records = objects.filter_map(|object| self.known.get(&name(stored, object)));
        let of_large = stored.files.iter().filter_map(|run| match run {
            FileRun::Large(large) => Some(&large.file.attachment.record_id),
            FileRun::Pack(_) => None,
        });
        let large = of_large.filter(|record| wanted.texts.contains(*record));
        Ok(records.flatten().chain(large).cloned().collect())
    }

    async fn read_blocks(&mut self, stored: &StoredModule, wanted: &WantedIds) -> Result<(), PortError> {
        let is_new = |block: &&Block| !self.known.contains_key(&name(stored, &block.object));
        let blocks: Vec<Block> = stored.blocks.iter().filter(is_new).cloned().collect();
        let (objects, org) = (&*self.ports.stores.objects, self.org);
        let read = |block: Block| async move { index_of(objects, org, &block).await.map(|index| (block, index)) };
        let mut indexes = stream::iter(blocks).map(read).buffer_unordered(INDEXES_AT_ONCE);
        while let Some((block, index)) = indexes.try_next().await? {
            let mut records = BTreeSet::new();
            let each = |id: &[u8]| {
                if wanted.ids.contains(id) {
                    records.insert(id_text(&stored.module, id));
                }
            };
            for_each_id(&index, each).ok_or_else(damaged)?;
            self.known.insert(name(stored, &block.object), records);
        }
        Ok(())
    }

    async fn read_lists(&mut self, stored: &StoredModule, wanted: &WantedIds) -> Result<(), PortError> {
        let is_new = |run: &&FileRun| matches!(run, FileRun::Pack(_)) && !self.known.contains_key(&name(stored, run.object()));
        let packs: Vec<FileRun> = stored.files.iter().filter(is_new).cloned().collect();
        let (objects, org) = (&*self.ports.stores.objects, self.org);
        let read = |run: FileRun| async move { files(objects, org, &run).await.map(|files| (run, files)) };
        let mut lists = stream::iter(packs).map(read).buffer_unordered(LISTS_AT_ONCE);
        while let Some((run, files)) = lists.try_next().await? {
            let records = files.into_iter().map(|file| file.attachment.record_id);
            let records = records.filter(|record| wanted.texts.contains(record)).collect();
            self.known.insert(name(stored, run.object()), records);
        }
        Ok(())
    }
}

/// An object as part of a module. Another module may have the same object.
fn name(stored: &StoredModule, object: &str) -> (String, String) {
    (stored.module.api_name.clone(), object.to_owned())
}
