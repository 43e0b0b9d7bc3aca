//! The backup that is restored: loaded from its zips, or one that is kept in the data folder.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::Ports;
use hozon_shared::snapshots::of_backup::{module_of, record, snapshot_of};

use crate::import::{BackupOrigin, ImportPlan, ImportProgress, Note};
use crate::language::say;

/// Number of newest backups among which one is searched that is kept.
const RECENT: usize = 1_000;

/// A backup whose snapshot is in the store.
pub struct WantedBackup {
    pub org: OrgId,
    pub backup: BackupId,
    /// When the state began that it shows.
    pub taken: DateTime<Utc>,
    /// With their structures.
    pub modules: Vec<Module>,
    /// Sequences that belong to no table, where they are known.
    pub sequences: Vec<Sequence>,
}

/// Loads zips into the store, and records what they hold as the snapshot of their backup.
pub async fn load(
    ports: &Ports,
    org: OrgId,
    planned: ImportPlan,
    tell: &mut dyn FnMut(ImportProgress<'_>),
) -> Result<(WantedBackup, Vec<Note>)> {
    let now = ports.clock.now();
    let unknown = || BackupOrigin { backup: BackupId(ports.ids.next(now)), taken: now, sequences: Vec::new() };
    let BackupOrigin { backup, taken, sequences } = planned.origin().cloned().unwrap_or_else(unknown);
    let loaded = planned.load(ports, org, tell).await?;
    record(&*ports.objects, (org, backup), taken, &loaded.modules).await?;
    Ok((WantedBackup { org, backup, taken, modules: loaded.modules, sequences }, loaded.notes))
}

/// Finds a kept backup by its id, or the newest one.
pub async fn find_kept(ports: &Ports, org: OrgId, id: Option<BackupId>) -> Result<BackupId> {
    let completed = ports.store.backups(org, RECENT).await?.into_iter().filter(|known| known.status == BackupStatus::Completed);
    for backup in completed.filter(|known| id.is_none_or(|id| known.id == id)) {
        if snapshot_of(&*ports.objects, org, backup.id).await?.is_some() {
            return Ok(backup.id);
        }
    }
    match id {
        Some(id) => bail!(say(
            format!("the data of a completed backup {id} is not kept here. Restore from its zips instead"),
            format!("完了したバックアップ {id} のデータは保存されていません。zip から復元してください"),
        )),
        None => bail!(say(
            "no backup of the organisation is kept here. Restore from zips instead",
            "この組織の保存されているバックアップはありません。zip から復元してください",
        )),
    }
}

/// Reads what is kept of a backup.
pub async fn kept(ports: &Ports, org: OrgId, backup: BackupId) -> Result<WantedBackup> {
    let gone = || say("the data of the backup is not kept any more", "バックアップのデータはもう保存されていません");
    let snapshot = snapshot_of(&*ports.objects, org, backup).await?.with_context(gone)?;
    let mut modules = Vec::new();
    for module in &snapshot.modules {
        let stored = module_of(&*ports.objects, org, module).await?;
        modules.extend(Some(stored.module).filter(|module| module.contents == DataCategory::Crm));
    }
    Ok(WantedBackup { org, backup, taken: snapshot.taken, modules, sequences: Vec::new() })
}
