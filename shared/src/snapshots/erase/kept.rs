//! What is kept of an organisation: the versions of modules that snapshots name, and those that are current.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{BackupId, OrgId};
use crate::ports::{Bucket, ErrorKind, PortError, read_all};
use crate::snapshots::found_snapshots::found_snapshots;
use crate::snapshots::keys;
use crate::snapshots::reader::{StoredModule, parse};
use crate::snapshots::session::{SessionPorts, SnapshotModule};

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
    let (mut versions, mut backups): (BTreeMap<SnapshotModule, BTreeSet<BackupId>>, _) = (BTreeMap::new(), BTreeSet::new());
    for found in found_snapshots(objects, org, &keys).await? {
        backups.extend(found.backup);
        for module in found.snapshot.modules {
            versions.entry(module).or_default().extend(found.backup);
        }
    }
    for current in [ports.catalogue.modules(org).await?, ports.catalogue.captured(org).await?] {
        for module in current {
            versions.entry(SnapshotModule::from(module)).or_default();
        }
    }
    Ok(KeptVersions { versions, backups })
}

/// Reads a version. `None` for one that is gone, or that an older version of Hozon wrote: sweeps delete what the latter consists of.
pub(super) async fn read_version(
    ports: &SessionPorts,
    org: OrgId,
    module: &SnapshotModule,
) -> Result<Option<StoredModule>, PortError> {
    let at = keys::stored_module(org, &module.api_name, &module.version);
    match read_all(&*ports.stores.objects, &at).await.and_then(|json| parse(&json)) {
        Ok(stored) => Ok(Some(stored)),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Outdated) => Ok(None),
        Err(error) => Err(error),
    }
}
