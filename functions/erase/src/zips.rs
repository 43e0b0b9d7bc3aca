//! Zips that may have one of the records. A zip is not looked into: it has what the snapshot of its backup has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use hozon_shared::domain::erasure::Erasure;
use hozon_shared::domain::id::BackupId;
use hozon_shared::ports::{Bucket, PortError};
use hozon_shared::snapshots::erase::Found;
use hozon_shared::snapshots::single_file::SINGLE_FILES;
use hozon_shared::stored::stored_zips;

use crate::job::Job;

/// Keys of the zips that are stored, by backup.
pub struct StoredZips(BTreeMap<BackupId, Vec<String>>);

impl StoredZips {
    /// Lists the organisation's zips.
    pub async fn list(job: &Job<'_>) -> Result<Self, PortError> {
        let mut zips: BTreeMap<BackupId, Vec<String>> = BTreeMap::new();
        for key in stored_zips(&*job.ports.objects, job.org).await? {
            let Some(backup) = key.split('/').nth(2).and_then(|id| id.parse().ok()) else { continue };
            zips.entry(backup).or_default().push(key);
        }
        Ok(Self(zips))
    }

    /// The backups whose zips may have one of the records: those whose snapshots have one, and those whose snapshots are not kept, so
    /// that nobody knows.
    pub fn concerned(&self, found: &Found) -> BTreeSet<BackupId> {
        if found.records() == 0 {
            return BTreeSet::new();
        }
        let may_have = |backup: &&BackupId| found.concerned.contains(backup) || !found.kept.contains(backup);
        self.0.keys().filter(may_have).copied().collect()
    }

    /// Returns whether zips of a backup are stored.
    pub fn has(&self, backup: BackupId) -> bool {
        self.0.contains_key(&backup)
    }

    /// Number of the zips of these backups.
    pub fn count(&self, backups: &BTreeSet<BackupId>) -> u64 {
        backups.iter().filter_map(|backup| self.0.get(backup)).map(|keys| keys.len() as u64).sum()
    }
}

/// Deletes the zips of the backups that an erasure concerns for good. Those that were made anew after it stay. Returns until when the last of those
/// is locked that cannot be deleted.
pub async fn drop_zips(job: &Job<'_>, erasure: &Erasure) -> Result<Option<DateTime<Utc>>, PortError> {
    let (objects, versions) = (&job.ports.objects, &job.ports.versions);
    let mut last = None;
    for id in &erasure.backups {
        let prefix = format!("archives/{}/{id}/", job.org);
        let backup = job.ports.store.backup(job.org, *id).await?;
        if !backup.is_some_and(|backup| backup.is_remade_after(erasure.id)) {
            // The zip is out of reach at once; its version stays while it is locked.
            let keys = objects.list(Bucket::Archives, &prefix).await?;
            objects.delete_all(Bucket::Archives, &keys).await?;
        }
        match versions.locked_until(Bucket::Archives, &prefix).await? {
            Some(until) => last = last.max(Some(until)),
            None => versions.forget_earlier(Bucket::Archives, &prefix).await.map(drop)?,
        }
    }
    Ok(last)
}

/// Deletes what else was made of captured data: single attachments, and work objects of runs that have ended.
pub async fn drop_copies(job: &Job<'_>) -> Result<(), PortError> {
    for prefix in [format!("{SINGLE_FILES}{}/", job.org), format!("work/{}/", job.org)] {
        let keys = job.ports.objects.list(Bucket::Archives, &prefix).await?;
        job.ports.objects.delete_all(Bucket::Archives, &keys).await?;
        job.ports.versions.forget_earlier(Bucket::Archives, &prefix).await?;
    }
    Ok(())
}
