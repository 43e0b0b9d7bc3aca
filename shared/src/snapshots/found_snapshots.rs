//! Finds all snapshots of an organisation that are stored, and the versions of modules that they name.

use std::collections::BTreeMap;

use super::document::{Snapshot, SnapshotModule};
use super::kept_bytes::Referrers;
use super::keys;
use super::session::SessionPorts;
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{ObjectRef, Objects, PortError, read_json};

/// A snapshot with its key.
pub(super) struct FoundSnapshot {
    pub key: String,
    pub snapshot: Snapshot,
    /// The backup whose snapshot it is.
    pub backup: Option<BackupId>,
}

/// The snapshots among these keys, oldest first.
pub(super) async fn found_snapshots(objects: &dyn Objects, org: OrgId, keys: &[String]) -> Result<Vec<FoundSnapshot>, PortError> {
    let (prefix, mut found) = (keys::snapshots_prefix(org), Vec::new());
    for key in keys.iter().filter(|key| key.starts_with(&prefix) && keys::is_snapshot(key)) {
        let snapshot: Snapshot = read_json(objects, &ObjectRef::crm(key), "read the description of a snapshot").await?;
        found.push(FoundSnapshot { backup: keys::backup_of_snapshot(org, key), key: key.clone(), snapshot });
    }
    found.sort_by_key(|found| found.snapshot.taken);
    Ok(found)
}

/// The versions that these snapshots name, and the current ones, each with who refers to it.
pub(super) async fn versions_of(
    ports: &SessionPorts,
    org: OrgId,
    snapshots: &[FoundSnapshot],
) -> Result<BTreeMap<SnapshotModule, Referrers>, PortError> {
    let mut versions: BTreeMap<SnapshotModule, Referrers> = BTreeMap::new();
    let mut position = 0;
    for found in snapshots {
        for module in &found.snapshot.modules {
            let referrers = versions.entry(module.clone()).or_default();
            match found.backup {
                Some(_) => referrers.backups.push(position),
                None => referrers.others = true,
            }
        }
        position += usize::from(found.backup.is_some());
    }
    for current in [ports.catalogue.modules(org).await?, ports.catalogue.captured(org).await?] {
        for module in current {
            versions.entry(SnapshotModule::from(module)).or_default().others = true;
        }
    }
    Ok(versions)
}
