//! The zips that exist. The owner of the bucket may delete some before they expire; the API does not offer those.

use std::collections::BTreeSet;

use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{Bucket, PortError, Ports};

/// Returns the keys of an organisation's existing zips. Listing needs no permission to read objects.
pub async fn stored_zips(ports: &Ports, org: OrgId) -> Result<BTreeSet<String>, PortError> {
    let keys = ports.objects.list(Bucket::Archives, &format!("archives/{org}/")).await?;
    Ok(keys.into_iter().collect())
}

/// Removes the files that do not exist any more from a backup.
pub fn as_stored(mut backup: Backup, stored: &BTreeSet<String>) -> Backup {
    backup.files.retain(|file| stored.contains(&file.key));
    backup
}
