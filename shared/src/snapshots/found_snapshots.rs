//! Finds all snapshots of an organisation that are stored.

use super::keys;
use super::session::Snapshot;
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{ErrorKind, ObjectRef, Objects, PortError, read_all};

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
    for key in keys.iter().filter(|key| key.starts_with(&prefix)) {
        let json = read_all(objects, &ObjectRef::crm(key)).await?;
        let snapshot: Snapshot = serde_json::from_slice(&json)
            .map_err(|error| PortError::with(ErrorKind::Corrupt, "read the description of a snapshot", error))?;
        found.push(FoundSnapshot { backup: keys::backup_of_snapshot(org, key), key: key.clone(), snapshot });
    }
    found.sort_by_key(|found| found.snapshot.taken);
    Ok(found)
}
