//! Backups as they are stored. The owner of the bucket may delete zips before they expire; the API does not offer those.

use std::collections::BTreeSet;

use crate::domain::backup::Backup;
use crate::domain::id::OrgId;
use crate::ports::{Bucket, Objects, PortError, Store};

/// Returns the backup with that id; `None` if there is none, or if the text is not an id.
pub async fn find_backup(store: &dyn Store, org: OrgId, id: &str) -> Result<Option<Backup>, PortError> {
    let Ok(id) = id.parse() else { return Ok(None) };
    store.backup(org, id).await
}

/// Returns the keys of an organisation's existing zips. Listing needs no permission to read objects.
pub async fn stored_zips(objects: &dyn Objects, org: OrgId) -> Result<BTreeSet<String>, PortError> {
    let keys = objects.list(Bucket::Archives, &format!("archives/{org}/")).await?;
    Ok(keys.into_iter().collect())
}

/// Removes the files that do not exist any more from a backup.
pub fn as_stored(mut backup: Backup, stored: &BTreeSet<String>) -> Backup {
    backup.files.retain(|file| stored.contains(&file.key));
    backup
}
