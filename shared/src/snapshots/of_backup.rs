//! The snapshot of a backup: a document that names the version of each module from which its zips were made. Comparing, looking inside
//! and restoring begin with it. It is kept as long as other snapshots, and so are the versions that it names.

use chrono::{DateTime, Utc};

use super::keys;
use super::reader::{StoredModule, parse};
use super::session::{Snapshot, SnapshotModule};
use crate::domain::crm::Module;
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{ErrorKind, ObjectRef, Objects, PortError, read_all};

/// Records the snapshot of a backup, whose modules are of the state of `taken`. May be repeated.
pub async fn record(
    objects: &dyn Objects,
    (org, backup): (OrgId, BackupId),
    taken: DateTime<Utc>,
    modules: &[Module],
) -> Result<(), PortError> {
    write(objects, &keys::snapshot_of_backup(org, backup), taken, modules).await
}

/// Reads the snapshot of a backup. `None` if it is not kept any more, or if an earlier version of Hozon made the backup.
pub async fn snapshot_of(objects: &dyn Objects, org: OrgId, backup: BackupId) -> Result<Option<Snapshot>, PortError> {
    read(objects, &keys::snapshot_of_backup(org, backup)).await
}

/// Reads a version of a module that a snapshot names.
pub async fn module_of(objects: &dyn Objects, org: OrgId, module: &SnapshotModule) -> Result<StoredModule, PortError> {
    parse(&read_all(objects, &keys::stored_module(org, &module.api_name, &module.version)).await?)
}

/// Writes the document of a snapshot.
pub(super) async fn write(
    objects: &dyn Objects,
    at: &ObjectRef,
    taken: DateTime<Utc>,
    modules: &[Module],
) -> Result<(), PortError> {
    let snapshot = Snapshot { taken, modules: modules.iter().cloned().map(SnapshotModule::from).collect() };
    let json = serde_json::to_vec(&snapshot)
        .map_err(|error| PortError::with(ErrorKind::Corrupt, "encode the description of a snapshot", error))?;
    objects.put(at, json.into(), "application/json").await
}

/// Reads the document of a snapshot; `None` if there is none.
pub(super) async fn read(objects: &dyn Objects, at: &ObjectRef) -> Result<Option<Snapshot>, PortError> {
    match read_all(objects, at).await {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| PortError::with(ErrorKind::Corrupt, "read the description of a snapshot", error)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
