//! Deletes zips whose links have ended, and what runs have left behind, as the archives bucket's lifecycle rules do on AWS.

use chrono::TimeDelta;
use hozon_shared::archive::contents;
use hozon_shared::domain::backup::LINK_LIFE;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::{Bucket, Clock, ObjectRef, PortError, Ports, SystemClock};

const PREFIX: &str = "archives/";
const SEGMENTS: &str = "segments/";
const WORK: &str = "work/";
/// A run deletes its work objects when it ends; those of one that was killed just then are left. Longer than a run may last.
const WORK_KEPT: TimeDelta = TimeDelta::days(2);
/// As long as events are.
const CONTENTS_KEPT: TimeDelta = TimeDelta::days(370);

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

/// Deletes segments that no run takes any more, seven days after they were made; tells how many objects there were.
pub async fn delete_old_segments(ports: &Ports) -> Result<usize, PortError> {
    delete_older(ports, SEGMENTS, LINK_LIFE).await
}

/// Deletes work objects of runs that ended without deleting them; tells how many there were.
pub async fn delete_old_work(ports: &Ports) -> Result<usize, PortError> {
    delete_older(ports, WORK, WORK_KEPT).await
}

/// Deletes what is known of the contents of backups that history does not show any more; tells how many there were.
pub async fn delete_old_contents(ports: &Ports) -> Result<usize, PortError> {
    delete_older(ports, contents::PREFIX, CONTENTS_KEPT).await
}

async fn delete_older(ports: &Ports, prefix: &str, age: TimeDelta) -> Result<usize, PortError> {
    // The store dates its objects by the real time, whatever the clock of the service says.
    let made_before = SystemClock.now() - age;
    let mut deleted = 0;
    for key in ports.objects.list(Bucket::Archives, prefix).await? {
        let at = ObjectRef::archives(key);
        let head = ports.objects.head(&at).await?;
        if head.is_some_and(|head| head.modified <= made_before) {
            ports.objects.delete(&at).await?;
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
