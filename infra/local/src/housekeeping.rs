//! Deletes expired zips and leftovers of runs, as the lifecycle rules of the archives
//! bucket do on AWS, and old snapshots.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use hozon_shared::archive::contents;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{Bucket, Clock, ObjectRef, PortError, Ports, SystemClock};
use hozon_shared::snapshots::retained::{RetainedPorts, RetentionDefaults, sweep_retained};
use hozon_shared::snapshots::single_file::SINGLE_FILES;

const PREFIX: &str = "archives/";
const WORK: &str = "work/";
/// The same as for events.
const CONTENTS_KEPT: TimeDelta = TimeDelta::days(370);

/// Longer than their links work.
const FILES_KEPT: TimeDelta = TimeDelta::hours(1);

/// Deletes the zips of expired backups, and returns their number.
pub async fn delete_expired(ports: &Ports) -> Result<usize, PortError> {
    let now = ports.clock.now();
    let mut expired = Vec::new();
    for key in ports.objects.list(Bucket::Archives, PREFIX).await? {
        let Some((org, backup)) = owner(&key) else { continue };
        let known = ports.store.backup(org, backup).await?;
        if known.is_some_and(|backup| backup.is_expired(now)) {
            expired.push(key);
        }
    }
    ports.objects.delete_all(Bucket::Archives, &expired).await?;
    Ok(expired.len())
}

/// Deletes what no kept snapshot needs, and returns the number of objects. Organisations that write one are left for later.
pub async fn delete_old_snapshots(ports: &Ports, defaults: RetentionDefaults) -> Result<u64, PortError> {
    let (retained, mut deleted) = (RetainedPorts::from(ports), 0);
    let keys = ports.objects.list(Bucket::Crm, "org/").await?;
    let orgs: BTreeSet<OrgId> = keys.iter().filter_map(|key| key.split('/').nth(1)?.parse().ok()).collect();
    for org in orgs {
        deleted += sweep_retained(&retained, org, defaults).await?.map_or(0, |swept| swept.deleted);
    }
    Ok(deleted)
}

/// Deletes work objects of runs that did not delete them, because they were killed, and returns their number.
pub async fn delete_old_work(ports: &Ports, length: RunLength) -> Result<usize, PortError> {
    delete_older(ports, WORK, length.kept()).await
}

/// Deletes contents documents of backups that the history no longer shows, and returns their number.
pub async fn delete_old_contents(ports: &Ports) -> Result<usize, PortError> {
    delete_older(ports, contents::PREFIX, CONTENTS_KEPT).await
}

/// Deletes single attachments, whose links work for 15 minutes, and returns their number.
pub async fn delete_old_files(ports: &Ports) -> Result<usize, PortError> {
    delete_older(ports, SINGLE_FILES, FILES_KEPT).await
}

async fn delete_older(ports: &Ports, prefix: &str, age: TimeDelta) -> Result<usize, PortError> {
    // The store dates objects by real time, whatever the service's clock says.
    let made_before = SystemClock.now() - age;
    let mut old = Vec::new();
    for key in ports.objects.list(Bucket::Archives, prefix).await? {
        let head = ports.objects.head(&ObjectRef::archives(&key)).await?;
        if head.is_some_and(|head| head.modified <= made_before) {
            old.push(key);
        }
    }
    ports.objects.delete_all(Bucket::Archives, &old).await?;
    Ok(old.len())
}

/// Parses `archives/<organisation>/<backup>/<name>`.
fn owner(key: &str) -> Option<(OrgId, BackupId)> {
    let mut parts = key.strip_prefix(PREFIX)?.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
