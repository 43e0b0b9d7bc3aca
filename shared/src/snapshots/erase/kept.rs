//! What is kept of an organisation: the versions of modules that snapshots name, and those that are current.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{BackupId, OrgId};
use crate::ports::{Bucket, PortError};
use crate::snapshots::document::SnapshotModule;
use crate::snapshots::found_snapshots::{found_snapshots, versions_of};
use crate::snapshots::keys;
use crate::snapshots::session::SessionPorts;

/// Versions by name, each with the backups whose snapshots name it.
pub(super) struct KeptVersions {
    pub versions: BTreeMap<SnapshotModule, BTreeSet<BackupId>>,
    /// The backups whose snapshots are kept.
    pub backups: BTreeSet<BackupId>,
}

/// Finds all versions of an organisation.
pub(super) async fn kept_versions(ports: &SessionPorts, org: OrgId) -> Result<KeptVersions, PortError> {
    let objects = &*ports.stores.objects;
    let keys = objects.list(Bucket::Crm, &keys::snapshots_prefix(org)).await?;
    let snapshots = found_snapshots(objects, org, &keys).await?;
    let backups: Vec<BackupId> = snapshots.iter().filter_map(|found| found.backup).collect();
    let versions = versions_of(ports, org, &snapshots).await?;
    let named = |positions: Vec<usize>| positions.into_iter().map(|at| backups[at]).collect();
    let versions = versions.into_iter().map(|(module, referrers)| (module, named(referrers.backups))).collect();
    Ok(KeptVersions { versions, backups: backups.into_iter().collect() })
}
