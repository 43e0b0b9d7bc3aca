//! The snapshot of a backup, opened for reading.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::api::ApiError;
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::ports::{Objects, PortError};
use hozon_shared::snapshots::document::{Snapshot, SnapshotModule};
use hozon_shared::snapshots::find::RecordReader;
use hozon_shared::snapshots::of_backup::{module_of, snapshot_of};
use hozon_shared::snapshots::reader::StoredModule;
use hozon_shared::stored::find_backup;

use crate::ports::ExplorePorts;

/// Number of modules whose descriptions are read at a time.
const MODULES_AT_ONCE: usize = 16;

/// A backup with its snapshot.
pub struct OpenedBackup {
    pub organisation: Organisation,
    pub backup: Backup,
    pub snapshot: Snapshot,
}

impl OpenedBackup {
    /// Opens the snapshot of a backup.
    pub async fn open(ports: &ExplorePorts, org: OrgId, id: &str) -> Result<Self, ApiError> {
        let backup = find_backup(&*ports.store, org, id).await?.ok_or_else(ApiError::backup_not_found)?;
        if backup.status != BackupStatus::Completed {
            return Err(ApiError::not_allowed("The backup is not completed, so that it has nothing to look into."));
        }
        let organisation = ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)?;
        let snapshot = snapshot_of(&*ports.objects, org, backup.id).await?.ok_or_else(ApiError::snapshot_gone)?;
        Ok(Self { organisation, backup, snapshot })
    }

    /// Reads records of the organisation's snapshots.
    pub fn reader(&self, ports: &ExplorePorts) -> RecordReader {
        RecordReader { objects: ports.objects.clone(), org: self.organisation.id, ranges: ports.ranges.clone() }
    }

    /// Reads a module by its API name.
    pub async fn module(&self, ports: &ExplorePorts, api_name: &str) -> Result<StoredModule, ApiError> {
        let named = self.snapshot.modules.iter().find(|module| module.api_name == api_name);
        let named = named.ok_or_else(ApiError::module_not_found)?;
        let stored = module_of(&*ports.objects, self.organisation.id, named).await.map_err(ApiError::unless_gone)?;
        if stored.module.contents == DataCategory::Crm { Ok(stored) } else { Err(ApiError::module_not_found()) }
    }

    /// Reads the modules that backups contain, in the CRM's order.
    pub async fn modules(&self, ports: &ExplorePorts) -> Result<Vec<StoredModule>, ApiError> {
        let org = self.organisation.id;
        let reads = stream::iter(self.snapshot.modules.clone()).map(|module| read(ports.objects.clone(), org, module));
        let read: Result<Vec<_>, _> = reads.buffered(MODULES_AT_ONCE).try_collect().await;
        let mut modules = read.map_err(ApiError::unless_gone)?;
        modules.retain(|stored| stored.module.contents == DataCategory::Crm);
        modules.sort_by_key(|stored| stored.module.order);
        Ok(modules)
    }
}

async fn read(objects: Arc<dyn Objects>, org: OrgId, module: SnapshotModule) -> Result<StoredModule, PortError> {
    module_of(&*objects, org, &module).await
}
