//! Two backups, opened to be compared.

use hozon_shared::api::{ApiError, LocalTime, local_time};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::id::OrgId;
use hozon_shared::snapshots::document::SnapshotModule;
use hozon_shared::snapshots::of_backup::module_of;
use hozon_shared::snapshots::reader::StoredModule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;

/// Two backups of an organisation.
pub struct OpenedPair {
    pub before: OpenedBackup,
    pub after: OpenedBackup,
}

/// One of two compared backups.
#[derive(Serialize, ToSchema)]
pub struct ComparedBackup {
    id: String,
    /// When the state began that the backup shows.
    taken: LocalTime,
}

/// A module as the snapshots of the earlier and the later backup name it.
pub type NamedVersions<'a> = [Option<&'a SnapshotModule>; 2];

impl OpenedPair {
    /// Opens a backup, and the one with which it is compared.
    pub async fn open(ports: &ExplorePorts, org: OrgId, after: &str, before: Option<&str>) -> Result<Self, ApiError> {
        let missing = || ApiError::mandatory_not_found("with", "$.with", "Name the backup to compare with.");
        let before = before.filter(|id| !id.is_empty()).ok_or_else(missing)?;
        let (before, after) = (OpenedBackup::open(ports, org, before).await?, OpenedBackup::open(ports, org, after).await?);
        Ok(Self { before, after })
    }

    /// The backups as answers show them.
    pub fn described(&self) -> [ComparedBackup; 2] {
        [&self.before, &self.after].map(|opened| ComparedBackup {
            id: opened.backup.id.to_string(),
            taken: local_time(opened.snapshot.taken, opened.organisation.time_zone),
        })
    }

    /// All modules, in the order of the later backup; those that it does not have come last.
    pub fn modules(&self) -> Vec<NamedVersions<'_>> {
        let (before, after) = (&self.before.snapshot.modules, &self.after.snapshot.modules);
        let of = |name: &str| before.iter().find(|module| module.api_name == name);
        let is_gone = |module: &&SnapshotModule| after.iter().all(|other| other.api_name != module.api_name);
        let there = after.iter().map(|module| [of(&module.api_name), Some(module)]);
        there.chain(before.iter().filter(is_gone).map(|module| [Some(module), None])).collect()
    }

    /// Reads the two versions of a module. A backup that does not have it has `None`.
    pub async fn module(&self, ports: &ExplorePorts, api_name: &str) -> Result<[Option<StoredModule>; 2], ApiError> {
        let named =
            self.modules().into_iter().find(|versions| versions.iter().flatten().any(|module| module.api_name == api_name));
        let [before, after] = named.ok_or_else(ApiError::module_not_found)?;
        let versions = [self.stored(ports, before).await?, self.stored(ports, after).await?];
        if versions.iter().all(Option::is_none) { Err(ApiError::module_not_found()) } else { Ok(versions) }
    }

    async fn stored(&self, ports: &ExplorePorts, named: Option<&SnapshotModule>) -> Result<Option<StoredModule>, ApiError> {
        let Some(named) = named else { return Ok(None) };
        let stored = module_of(&*ports.objects, self.after.organisation.id, named).await.map_err(ApiError::unless_gone)?;
        Ok(Some(stored).filter(|stored| stored.module.contents == DataCategory::Crm))
    }
}
