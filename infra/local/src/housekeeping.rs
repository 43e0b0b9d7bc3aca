//! Deletes zips whose links have ended (R6), as the archives bucket's lifecycle rule does on AWS.

use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::{Bucket, ObjectRef, PortError, Ports};

const PREFIX: &str = "archives/";

/// Deletes every zip of a backup that has expired; tells how many there were.
pub async fn delete_expired(ports: &Ports) -> Result<usize, PortError> {
    let now = ports.clock.now();
    let mut deleted = 0;
    for key in ports.objects.list(Bucket::Archives, PREFIX).await? {
        let Some((org, backup)) = owner(&key) else { continue };
        let known = ports.store.backup(org, backup).await?;
        if known.is_some_and(|backup| backup.expires() <= now) {
            ports.objects.delete(&ObjectRef::archives(key)).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Reads `archives/<organisation>/<backup>/<name>`.
fn owner(key: &str) -> Option<(OrgId, BackupId)> {
    let mut parts = key.strip_prefix(PREFIX)?.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
