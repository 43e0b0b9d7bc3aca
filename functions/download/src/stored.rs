//! Which zips are there. Whoever owns the bucket may delete some before their seven days are over; those are not offered.

use std::collections::BTreeSet;

use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{Bucket, PortError, Ports};

/// Keys of an organisation's zips that are there. Listing shows them without the right to read one.
pub async fn stored_zips(ports: &Ports, org: OrgId) -> Result<BTreeSet<String>, PortError> {
    let keys = ports.objects.list(Bucket::Archives, &format!("archives/{org}/")).await?;
    Ok(keys.into_iter().collect())
}

/// The backup with those of its files that are there.
pub fn as_stored(mut backup: Backup, stored: &BTreeSet<String>) -> Backup {
    backup.files.retain(|file| stored.contains(&file.key));
    backup
}
