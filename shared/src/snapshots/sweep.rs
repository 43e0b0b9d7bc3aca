//! Deletes what no snapshot needs any more. It marks what the kept snapshots and the current versions consist of, and
//! deletes the rest, while nobody writes a snapshot ([`crate::domain::lease`]). It may be repeated and stopped at any point.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::document::SnapshotModule;
use super::found_snapshots::{FoundSnapshot, found_snapshots, versions_of};
use super::kept_bytes::{Counter, KeptBytes, Referrers};
use super::keys;
use super::leases::change;
use super::of_backup::version_if_kept;
use super::reader::StoredModule;
use super::session::SessionPorts;
use super::stores::stored_object;
use crate::domain::id::{BackupId, OrgId};
use crate::domain::retention::{Retention, TakenSnapshot};
use crate::domain::snapshot::FileRun;
use crate::ports::{Bucket, Clock, Holds, Objects, PortError};

/// How long a sweep may last. It ends by itself, so that one that was killed keeps nobody from writing for long.
const SWEEP: TimeDelta = TimeDelta::minutes(5);
/// No object is deleted during this time before the end of the sweep: a request may take long.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// Number of documents that are read at a time.
const READS_AT_ONCE: usize = 16;
/// Number of objects that are deleted by one request.
const BATCH: usize = 1_000;

/// What a sweep has deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Number of objects.
    pub deleted: u64,
    /// Number of objects for which there was no time left.
    pub left: u64,
    /// Number of snapshots among them.
    pub snapshots: u64,
    /// What is kept.
    pub kept: KeptBytes,
}

/// Deletes what no kept snapshot needs. Returns `None` if somebody is writing a snapshot; a later sweep deletes
/// then. A version that cannot be read ends the sweep with an error before anything is deleted. Holds are read after the sweep was
/// announced in the leases: whoever sets one, and then finds no sweep there, knows that every later one sees it.
pub async fn sweep(
    ports: &SessionPorts,
    org: OrgId,
    retention: Retention,
    holds: &dyn Holds,
    clock: &dyn Clock,
) -> Result<Option<Swept>, PortError> {
    let now = clock.now();
    if change(&*ports.leases, org, |leases| leases.begin_sweep(now + SWEEP, now)).await?.is_none() {
        return Ok(None);
    }
    let swept = Sweep { ports, org, clock, until: now + SWEEP - MARGIN }.run(now, retention, holds).await;
    change(&*ports.leases, org, |leases| Ok(leases.end_sweep())).await?;
    swept.map(Some)
}

/// Deletes what no snapshot needs, within a sweep that the caller has announced and that ends at `until` at the latest. All snapshots are
/// kept.
pub(super) async fn sweep_unneeded(
    ports: &SessionPorts,
    org: OrgId,
    clock: &dyn Clock,
    until: DateTime<Utc>,
) -> Result<Swept, PortError> {
    Sweep { ports, org, clock, until: until - MARGIN }.keep(clock.now(), &Retention::EVERYTHING).await
}

struct Sweep<'a> {
    ports: &'a SessionPorts,
    org: OrgId,
    clock: &'a dyn Clock,
    until: DateTime<Utc>,
}

impl Sweep<'_> {
    async fn run(&self, now: DateTime<Utc>, retention: Retention, holds: &dyn Holds) -> Result<Swept, PortError> {
        let holds = holds.holds(self.org).await?.into_iter().map(|hold| hold.backup).collect();
        self.keep(now, &Retention { holds, ..retention }).await
    }

    async fn keep(&self, now: DateTime<Utc>, retention: &Retention) -> Result<Swept, PortError> {
        // Only what is there now may be deleted: the snapshot of a backup that is recorded meanwhile is not known below.
        let keys = self.objects().list(Bucket::Crm, &keys::organisation_prefix(self.org)).await?;
        let (kept, old) = divide(found_snapshots(self.objects(), self.org, &keys).await?, now, retention);
        let backups: Vec<BackupId> = kept.iter().filter_map(|snapshot| snapshot.backup).collect();
        let (mut needed, mut counter): (HashSet<String>, Counter) = Default::default();
        let versions = versions_of(self.ports, self.org, &kept).await?;
        let mut reads = stream::iter(versions).map(|version| self.read(version)).buffer_unordered(READS_AT_ONCE);
        while let Some((key, stored, referrers)) = reads.try_next().await? {
            needed.insert(key);
            if let Some(stored) = stored {
                counter.add(&stored, &referrers);
                needed.extend(objects_of(self.org, &stored));
            }
        }
        drop(reads);
        needed.extend(backups.iter().map(|backup| keys::plan_of_backup(self.org, *backup).key));
        needed.extend(kept.into_iter().map(|snapshot| snapshot.key));
        let unneeded: Vec<String> = keys.into_iter().filter(|key| !needed.contains(key)).collect();
        let deleted = self.delete(&unneeded).await?;
        let left = unneeded.len() as u64 - deleted;
        Ok(Swept { deleted, left, snapshots: old, kept: counter.finish(&backups, now) })
    }

    fn objects(&self) -> &dyn Objects {
        &*self.ports.stores.objects
    }

    /// Reads a version, and returns its key. One that is gone, or that an older version of Hozon wrote, consists of nothing here.
    async fn read(
        &self,
        (module, referrers): (SnapshotModule, Referrers),
    ) -> Result<(String, Option<StoredModule>, Referrers), PortError> {
        let at = keys::stored_module(self.org, &module.api_name, &module.version);
        Ok((at.key, version_if_kept(self.objects(), self.org, &module).await?, referrers))
    }

    async fn delete(&self, keys: &[String]) -> Result<u64, PortError> {
        let mut deleted = 0;
        for batch in keys.chunks(BATCH) {
            if self.clock.now() >= self.until {
                break;
            }
            self.objects().delete_all(Bucket::Crm, batch).await?;
            deleted += batch.len() as u64;
        }
        Ok(deleted)
    }
}

/// Divides snapshots into those that are kept and the number of the others.
fn divide(mut snapshots: Vec<FoundSnapshot>, now: DateTime<Utc>, retention: &Retention) -> (Vec<FoundSnapshot>, u64) {
    let all = snapshots.len();
    let taken = |found: &FoundSnapshot| TakenSnapshot { taken: found.snapshot.taken, backup: found.backup };
    let mut kept = retention.kept(&snapshots.iter().map(taken).collect::<Vec<_>>(), now).into_iter();
    snapshots.retain(|_| kept.next().unwrap_or(true));
    let old = (all - snapshots.len()) as u64;
    (snapshots, old)
}

/// Keys of the objects that a version consists of.
fn objects_of(org: OrgId, stored: &StoredModule) -> impl Iterator<Item = String> {
    let blocks = stored.blocks.iter().map(|block| block.object.as_str());
    let files = stored.files.iter().map(FileRun::object);
    blocks.chain(files).map(move |object| stored_object(org, object).key)
}
