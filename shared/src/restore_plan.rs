//! Reads the plan of a restore from the two snapshots that it lies between. The API shows it, and the run carries it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::restore::{Restore, RestoreSelection, rule_of};
use crate::domain::writing::Hindrance;
use crate::ports::{Objects, PortError};
use crate::restored::RestoreFiles;
use crate::snapshots::find::id_of_text;
use crate::snapshots::of_restore::{snapshot_before, snapshot_wanted};
use crate::snapshots::restoring::{ModulePair, RecordRule};
use crate::snapshots::session::{Snapshot, SnapshotModule};

/// Ids of records by the API names of their modules.
type ChosenRecords = BTreeMap<String, BTreeSet<String>>;

/// The snapshot that a restore brings back, and which of its records.
pub struct WantedRecords {
    pub snapshot: Snapshot,
    /// `None` if all records of the modules are concerned.
    chosen: Option<ChosenRecords>,
}

impl WantedRecords {
    /// Reads it. `None` if the snapshot is not kept any more.
    pub async fn read(objects: &dyn Objects, restore: &Restore) -> Result<Option<Self>, PortError> {
        let Some(mut snapshot) = snapshot_wanted(objects, restore).await? else { return Ok(None) };
        let chosen = chosen(objects, restore).await?;
        let is_concerned = |module: &SnapshotModule| match &chosen {
            Some(chosen) => chosen.contains_key(&module.api_name),
            None => restore.selection.has_module(&module.api_name),
        };
        snapshot.modules.retain(is_concerned);
        Ok(Some(Self { snapshot, chosen }))
    }

    /// API names of the modules that are concerned.
    pub fn names(&self) -> BTreeSet<String> {
        self.snapshot.modules.iter().map(|module| module.api_name.clone()).collect()
    }
}

/// The records that a person has selected, or that the restore has written which is undone.
async fn chosen(objects: &dyn Objects, restore: &Restore) -> Result<Option<ChosenRecords>, PortError> {
    let mut chosen = ChosenRecords::new();
    if let Some(undone) = restore.undoes {
        let files = RestoreFiles { objects, org: restore.org, id: undone };
        for name in files.report_parts(None, None).await? {
            let part = files.report_part(&name).await?;
            let ids: Vec<String> = part.written().map(|row| row.id.clone()).collect();
            if !ids.is_empty() {
                chosen.entry(part.module).or_default().extend(ids);
            }
        }
        return Ok(Some(chosen));
    }
    let RestoreSelection::Records { records } = &restore.selection else { return Ok(None) };
    for record in records {
        chosen.entry(record.module.clone()).or_default().insert(record.id.clone());
    }
    Ok(Some(chosen))
}

/// The plan of a restore, between the snapshot of the CRM and the one that is wanted.
pub struct PlanReader {
    objects: Arc<dyn Objects>,
    restore: Restore,
    now: Snapshot,
    wanted: WantedRecords,
}

impl PlanReader {
    /// Opens the plan. `None` if one of the snapshots is not kept any more.
    pub async fn open(objects: Arc<dyn Objects>, restore: Restore) -> Result<Option<Self>, PortError> {
        let wanted = WantedRecords::read(&*objects, &restore).await?;
        let now = snapshot_before(&*objects, restore.org, restore.id).await?;
        Ok(now.zip(wanted).map(|(now, wanted)| Self { objects, restore, now, wanted }))
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

    /// What is done with the records of a module. Erased records are barred here.
    pub fn rule(&self, pair: &ModulePair, hindrances: &[Hindrance]) -> RecordRule {
        let module = pair.wanted();
        let rule = rule_of(&self.restore, &module.api_name, pair.obstacle(), hindrances);
        let ids = self.wanted.chosen.as_ref().map(|chosen| {
            let texts = chosen.get(&module.api_name).into_iter().flatten();
            Arc::new(texts.filter_map(|text| id_of_text(module, text)).collect())
        });
        RecordRule { rule, chosen: ids, is_erased: None }
    }
}
