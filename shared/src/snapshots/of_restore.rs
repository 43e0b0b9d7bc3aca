//! The snapshot of the CRM that a restore takes when it is planned. Its plan is what differs between that snapshot and the backup's, and
//! undoing the restore goes back to it. It is kept as other snapshots are that are no backup's.

use chrono::{DateTime, Utc};

use super::document::{Snapshot, read, write};
use super::keys;
use super::of_backup::snapshot_of;
use crate::domain::crm::Module;
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::Restore;
use crate::ports::{Objects, PortError};

/// Records the snapshot of a restore, whose modules are of the state of `taken`. May be repeated.
pub async fn record_restored(
    objects: &dyn Objects,
    (org, restore): (OrgId, RestoreId),
    taken: DateTime<Utc>,
    modules: &[Module],
) -> Result<(), PortError> {
    write(objects, &keys::snapshot_of_restore(org, restore), taken, modules).await
}

/// Reads the snapshot of the CRM that a restore has taken. `None` before that, and if it is not kept any more.
pub async fn snapshot_before(objects: &dyn Objects, org: OrgId, restore: RestoreId) -> Result<Option<Snapshot>, PortError> {
    read(objects, &keys::snapshot_of_restore(org, restore)).await
}

/// Reads the snapshot that a restore brings back: the backup's, or the one before the restore that it undoes. `None` if it is not kept any
/// more.
pub async fn snapshot_wanted(objects: &dyn Objects, restore: &Restore) -> Result<Option<Snapshot>, PortError> {
    match restore.undoes {
        Some(undone) => snapshot_before(objects, restore.org, undone).await,
        None => snapshot_of(objects, restore.org, restore.backup).await,
    }
}
