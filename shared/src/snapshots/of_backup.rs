//! The snapshot of a backup: a document that names the version of each module from which its zips were made. Comparing, looking inside
//! and restoring begin with it. It is kept as long as other snapshots, and so are the versions that it names, and what the zips were planned
//! with, so that they can be made again.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::{Snapshot, SnapshotModule, read, write};
use super::keys;
use super::reader::{StoredModule, parse};
use crate::domain::crm::Module;
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{ErrorKind, Objects, PortError, find_json, put_json, read_all};

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

/// Keeps what the zips of a backup were planned with, for as long as its snapshot. May be repeated.
pub async fn keep_plan(objects: &dyn Objects, (org, backup): (OrgId, BackupId), plan: &impl Serialize) -> Result<(), PortError> {
    put_json(objects, &keys::plan_of_backup(org, backup), plan, "encode what zips were planned with").await
}

/// Reads what the zips of a backup were planned with. `None` if it is not kept any more, or if an earlier version of Hozon made the backup.
pub async fn plan_of<T: DeserializeOwned>(objects: &dyn Objects, org: OrgId, backup: BackupId) -> Result<Option<T>, PortError> {
    find_json(objects, &keys::plan_of_backup(org, backup), "read what zips were planned with").await
}

/// Reads a version of a module that a snapshot names.
pub async fn module_of(objects: &dyn Objects, org: OrgId, module: &SnapshotModule) -> Result<StoredModule, PortError> {
    parse(&read_all(objects, &keys::stored_module(org, &module.api_name, &module.version)).await?)
}

/// Reads a version of a module as [`module_of`] does. `None` for one that is gone, or that an older version of Hozon wrote: sweeps delete what
/// the latter consists of.
pub(super) async fn version_if_kept(
    objects: &dyn Objects,
    org: OrgId,
    module: &SnapshotModule,
) -> Result<Option<StoredModule>, PortError> {
    match module_of(objects, org, module).await {
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Outdated) => Ok(None),
        read => read.map(Some),
    }
}
