//! Reads the plan of a restore from the two snapshots that it lies between. The API shows it, and the run carries it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::creating::is_table;
use crate::domain::crm::Module;
use crate::domain::erasure::Erased;
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::{PlannedReason, Restore, RestoreSelection, rule_of};
use crate::domain::writing::Hindrance;
use crate::erasing::erased;
use crate::ports::{ErasureKeys, ErrorKind, Objects, PortError};
use crate::restored::{ReportPart, RestoreFiles};
use crate::snapshots::document::{Snapshot, SnapshotModule};
use crate::snapshots::find::{id_of_text, id_text};
use crate::snapshots::of_backup::module_of;
use crate::snapshots::of_restore::{snapshot_before, snapshot_wanted};
use crate::snapshots::restoring::{ConcernedFiles, FileRule, IsErased, IsErasedRecord, ModulePair, RecordRule};

/// Number of parts of a report that are read at a time.
const PARTS_AT_ONCE: usize = 16;

/// Which records of the modules are concerned.
enum ConcernedRecords {
    All,
    /// Ids by the API names of their modules.
    Selected(BTreeMap<String, BTreeSet<String>>),
    /// Those that a restore has written, and their files: names of the parts of its report by the API names of their modules.
    Written(RestoreId, BTreeMap<String, Vec<String>>),
}

/// The snapshot that a restore brings back, and which of its records.
pub struct WantedRecords {
    pub snapshot: Snapshot,
    concerned: ConcernedRecords,
}

impl WantedRecords {
    /// Reads it. `None` if the snapshot is not kept any more.
    pub async fn read(objects: &dyn Objects, restore: &Restore) -> Result<Option<Self>, PortError> {
        let Some(mut snapshot) = snapshot_wanted(objects, restore).await? else { return Ok(None) };
        let concerned = concerned(objects, restore).await?;
        let is_concerned = |module: &SnapshotModule| match &concerned {
            ConcernedRecords::All => restore.selection.has_module(&module.api_name),
            ConcernedRecords::Selected(records) => records.contains_key(&module.api_name),
            ConcernedRecords::Written(_, parts) => parts.contains_key(&module.api_name),
        };
        snapshot.modules.retain(is_concerned);
        Ok(Some(Self { snapshot, concerned }))
    }

    /// API names of the modules that are concerned.
    pub fn names(&self) -> BTreeSet<String> {
        self.snapshot.modules.iter().map(|module| module.api_name.clone()).collect()
    }

    /// API names of the modules that are concerned and have attached files in the snapshot.
    pub async fn names_with_files(&self, objects: &dyn Objects, org: OrgId) -> Result<BTreeSet<String>, PortError> {
        let mut names = BTreeSet::new();
        for module in &self.snapshot.modules {
            if !module_of(objects, org, module).await?.files.is_empty() {
                names.insert(module.api_name.clone());
            }
        }
        Ok(names)
    }

    /// The modules that are concerned, with their structures.
    pub async fn modules(&self, objects: &dyn Objects, org: OrgId) -> Result<Vec<Module>, PortError> {
        let mut modules = Vec::new();
        for module in &self.snapshot.modules {
            modules.push(module_of(objects, org, module).await?.module);
        }
        Ok(modules)
    }

    /// Ids of the records of a module that are concerned; `None` for all.
    async fn ids(&self, objects: &dyn Objects, org: OrgId, api_name: &str) -> Result<Option<BTreeSet<String>>, PortError> {
        match &self.concerned {
            ConcernedRecords::All => Ok(None),
            ConcernedRecords::Selected(records) => Ok(Some(records.get(api_name).cloned().unwrap_or_default())),
            ConcernedRecords::Written(undone, parts) => {
                let names = parts.get(api_name).cloned().unwrap_or_default();
                let files = RestoreFiles { objects, org, id: *undone };
                in_parts(&files, names, |part, ids| ids.extend(part.written_records().cloned())).await.map(Some)
            }
        }
    }

    /// The files of a module that are concerned.
    async fn files(&self, objects: &dyn Objects, org: OrgId, api_name: &str) -> Result<ConcernedFiles, PortError> {
        match &self.concerned {
            ConcernedRecords::All => Ok(ConcernedFiles::All),
            ConcernedRecords::Selected(records) => {
                Ok(ConcernedFiles::OfRecords(Arc::new(records.get(api_name).cloned().unwrap_or_default())))
            }
            ConcernedRecords::Written(undone, parts) => {
                let names = parts.get(api_name).cloned().unwrap_or_default();
                let files = RestoreFiles { objects, org, id: *undone };
                let ids = in_parts(&files, names, |part, ids| ids.extend(part.written_files().cloned())).await?;
                Ok(ConcernedFiles::Written(Arc::new(ids)))
            }
        }
    }
}

/// Collects ids of parts of a report.
async fn in_parts(
    files: &RestoreFiles<'_>,
    names: Vec<String>,
    collect: impl Fn(&ReportPart, &mut BTreeSet<String>),
) -> Result<BTreeSet<String>, PortError> {
    let read = |name: String| async move { files.report_part(&name).await };
    let mut reads = stream::iter(names).map(read).buffered(PARTS_AT_ONCE);
    let mut ids = BTreeSet::new();
    while let Some(part) = reads.try_next().await? {
        collect(&part, &mut ids);
    }
    Ok(ids)
}

async fn concerned(objects: &dyn Objects, restore: &Restore) -> Result<ConcernedRecords, PortError> {
    if let Some(undone) = restore.undoes {
        let files = RestoreFiles { objects, org: restore.org, id: undone };
        let mut parts = BTreeMap::new();
        for names in files.report_parts_by_module().await? {
            if let Some(first) = names.first() {
                parts.insert(files.report_part(first).await?.module, names);
            }
        }
        return Ok(ConcernedRecords::Written(undone, parts));
    }
    let records = match &restore.selection {
        RestoreSelection::Records { records } => records.clone(),
        RestoreSelection::Search(_) => {
            let found = RestoreFiles { objects, org: restore.org, id: restore.id }.findings().await?;
            found.ok_or_else(|| PortError::new(ErrorKind::NotFound, "read what the search of a restore has found"))?.records
        }
        RestoreSelection::Everything {} | RestoreSelection::Modules { .. } => return Ok(ConcernedRecords::All),
    };
    let mut selected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        selected.entry(record.module).or_default().insert(record.id);
    }
    Ok(ConcernedRecords::Selected(selected))
}

/// The plan of a restore, between the snapshot of the CRM and the one that is wanted.
pub struct PlanReader {
    objects: Arc<dyn Objects>,
    restore: Restore,
    now: Snapshot,
    wanted: WantedRecords,
    erased: Arc<Erased>,
}

impl PlanReader {
    /// Opens the plan. `None` if one of the snapshots is not kept any more.
    pub async fn open(objects: Arc<dyn Objects>, keys: &dyn ErasureKeys, restore: Restore) -> Result<Option<Self>, PortError> {
        let wanted = WantedRecords::read(&*objects, &restore).await?;
        let now = snapshot_before(&*objects, restore.org, restore.id).await?;
        let erased = Arc::new(erased(&*objects, keys, restore.org).await?);
        Ok(now.zip(wanted).map(|(now, wanted)| Self { objects, restore, now, wanted, erased }))
    }

    /// Opens all modules that are concerned, in the order of the snapshot.
    pub async fn modules(&self) -> Result<Vec<ModulePair>, PortError> {
        let mut pairs = Vec::new();
        for module in &self.wanted.snapshot.modules {
            pairs.extend(self.pair(module).await?);
        }
        Ok(pairs)
    }

    /// Opens a module by its API name. `None` if it is not concerned.
    pub async fn module(&self, api_name: &str) -> Result<Option<ModulePair>, PortError> {
        match self.wanted.snapshot.modules.iter().find(|module| module.api_name == api_name) {
            Some(module) => self.pair(module).await,
            None => Ok(None),
        }
    }

    async fn pair(&self, wanted: &SnapshotModule) -> Result<Option<ModulePair>, PortError> {
        let now = self.now.modules.iter().find(|module| module.api_name == wanted.api_name);
        ModulePair::open((&self.objects, self.restore.org), now, wanted).await
    }

    /// Whether the restore makes the table of a module, because the restore target does not have it.
    pub fn makes_table(&self, pair: &ModulePair) -> bool {
        self.restore.create && pair.is_gone() && is_table(pair.wanted())
    }

    /// Why no record of a module can be written. All rows of a table that is made can be, also those that nothing identifies.
    fn obstacle(&self, pair: &ModulePair) -> Option<PlannedReason> {
        pair.obstacle().filter(|_| !self.makes_table(pair))
    }

    /// What is done with the records of a module. Erased records are not written, even if a later backup has them again.
    pub async fn rule(&self, pair: &ModulePair, hindrances: &[Hindrance]) -> Result<RecordRule, PortError> {
        let module = pair.wanted();
        let rule = rule_of(&self.restore, &module.api_name, self.obstacle(pair), hindrances);
        let texts = self.wanted.ids(&*self.objects, self.restore.org, &module.api_name).await?;
        let ids = texts.map(|texts| Arc::new(texts.iter().filter_map(|text| id_of_text(module, text)).collect()));
        Ok(RecordRule { rule, chosen: ids, is_erased: self.is_erased(module) })
    }

    /// What is done with the files of a module's records.
    pub async fn file_rule(&self, pair: &ModulePair, hindrances: &[Hindrance]) -> Result<FileRule, PortError> {
        let api_name = &pair.wanted().api_name;
        let rule = rule_of(&self.restore, api_name, self.obstacle(pair), hindrances);
        let concerned = self.wanted.files(&*self.objects, self.restore.org, api_name).await?;
        Ok(FileRule { rule, concerned, is_erased: self.is_erased_record(api_name) })
    }

    fn is_erased_record(&self, api_name: &str) -> Option<IsErasedRecord> {
        if self.erased.is_empty() {
            return None;
        }
        let (erased, api_name) = (self.erased.clone(), api_name.to_owned());
        Some(Arc::new(move |id| erased.is_erased(&api_name, id)))
    }

    fn is_erased(&self, module: &Module) -> Option<IsErased> {
        let (is_erased, module) = (self.is_erased_record(&module.api_name)?, module.clone());
        Some(Arc::new(move |id| is_erased(&id_text(&module, id))))
    }
}
