//! Deletes what no snapshot needs any more. It marks what the kept snapshots and the current versions consist of, and
//! deletes the rest, while nobody writes a snapshot ([`crate::domain::lease`]). It may be repeated and stopped at any point.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::keys;
use super::leases::change;
use super::reader::{StoredModule, parse};
use super::session::{SessionPorts, Snapshot, SnapshotModule};
use super::stores::stored_object;
use crate::domain::id::OrgId;
use crate::domain::run_length::RunLength;
use crate::domain::snapshot::FileRun;
use crate::ports::{Bucket, Clock, ErrorKind, ObjectRef, Objects, PortError, read_all};

/// How long a sweep may last. It ends by itself, so that one that was killed keeps nobody from writing for long.
const SWEEP: TimeDelta = TimeDelta::minutes(5);
/// No object is deleted during this time before the end of the sweep: a request may take long.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// Number of documents that are read at a time.
const READS_AT_ONCE: usize = 16;
/// Number of objects that are deleted by one request.
const BATCH: usize = 1_000;

/// How long snapshots are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// From when they were taken.
    pub kept: TimeDelta,
    /// How long a run may last. A snapshot stays as long after a newer one, whatever its age, because a run may be reading it.
    pub run: RunLength,
}

impl Retention {
    /// All snapshots are kept. A sweep deletes only what no snapshot needs, such as what an import that failed has written.
    pub const EVERYTHING: Self = Self { kept: TimeDelta::days(36_500), run: RunLength::MAX };
}

/// What a sweep has deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Number of objects.
    pub deleted: u64,
    /// Number of snapshots among them.
    pub snapshots: u64,
}

/// Deletes what no kept snapshot needs. Returns `None` if somebody is writing a snapshot; a later sweep deletes
/// then. A version that cannot be read ends the sweep with an error before anything is deleted.
pub async fn sweep(
    ports: &SessionPorts,
    org: OrgId,
    retention: Retention,
    clock: &dyn Clock,
) -> Result<Option<Swept>, PortError> {
    let now = clock.now();
    if change(&*ports.leases, org, |leases| leases.begin_sweep(now + SWEEP, now)).await?.is_none() {
        return Ok(None);
    }
    let swept = Sweep { ports, org, clock, until: now + SWEEP - MARGIN }.run(now, retention).await;
    change(&*ports.leases, org, |leases| Ok(leases.end_sweep())).await?;
    swept.map(Some)
}

struct Sweep<'a> {
    ports: &'a SessionPorts,
    org: OrgId,
    clock: &'a dyn Clock,
    until: DateTime<Utc>,
}

impl Sweep<'_> {
    async fn run(&self, now: DateTime<Utc>, retention: Retention) -> Result<Swept, PortError> {
        let snapshots = self.snapshots().await?;
        let (kept, old) = divide(snapshots, now, retention);
        let mut versions: BTreeSet<SnapshotModule> =
            kept.iter().flat_map(|(_, snapshot)| snapshot.modules.iter().cloned()).collect();
        for current in [self.ports.catalogue.modules(self.org).await?, self.ports.catalogue.captured(self.org).await?] {
            versions.extend(current.into_iter().map(SnapshotModule::from));
        }
        let mut needed: HashSet<String> = HashSet::new();
        let mut reads = stream::iter(versions).map(|version| self.read(version)).buffer_unordered(READS_AT_ONCE);
        while let Some((key, stored)) = reads.try_next().await? {
            needed.insert(key);
            needed.extend(stored.iter().flat_map(|stored| objects_of(self.org, stored)));
        }
        drop(reads);
        needed.extend(kept.into_iter().map(|(key, _)| key));
        let keys = self.objects().list(Bucket::Crm, &keys::organisation_prefix(self.org)).await?;
        let unneeded: Vec<String> = keys.into_iter().filter(|key| !needed.contains(key)).collect();
        Ok(Swept { deleted: self.delete(&unneeded).await?, snapshots: old })
    }

    fn objects(&self) -> &dyn Objects {
        &*self.ports.stores.objects
    }

    /// The snapshots with their keys, oldest first.
    async fn snapshots(&self) -> Result<Vec<(String, Snapshot)>, PortError> {
        let mut found = Vec::new();
        for key in self.objects().list(Bucket::Crm, &keys::snapshots_prefix(self.org)).await? {
            let json = read_all(self.objects(), &ObjectRef::crm(&key)).await?;
            let snapshot: Snapshot = serde_json::from_slice(&json)
                .map_err(|error| PortError::with(ErrorKind::Corrupt, "read the description of a snapshot", error))?;
            found.push((key, snapshot));
        }
        found.sort_by_key(|(_, snapshot)| snapshot.taken);
        Ok(found)
    }

    /// Reads a version, and returns its key. One that is gone, or that an older version of Hozon wrote, consists of nothing here.
    async fn read(&self, module: SnapshotModule) -> Result<(String, Option<StoredModule>), PortError> {
        let at = keys::stored_module(self.org, &module.api_name, &module.version);
        match read_all(self.objects(), &at).await.and_then(|json| parse(&json)) {
            Ok(stored) => Ok((at.key, Some(stored))),
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Outdated) => Ok((at.key, None)),
            Err(error) => Err(error),
        }
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
fn divide(mut snapshots: Vec<(String, Snapshot)>, now: DateTime<Utc>, retention: Retention) -> (Vec<(String, Snapshot)>, u64) {
    let all = snapshots.len();
    let taken: Vec<_> = snapshots.iter().map(|(_, snapshot)| snapshot.taken).collect();
    let mut at = 0;
    snapshots.retain(|(_, snapshot)| {
        at += 1;
        snapshot.taken > now - retention.kept || taken.get(at).is_none_or(|newer| *newer > now - retention.run.kept())
    });
    let old = (all - snapshots.len()) as u64;
    (snapshots, old)
}

/// Keys of the objects that a version consists of.
fn objects_of(org: OrgId, stored: &StoredModule) -> impl Iterator<Item = String> {
    let blocks = stored.blocks.iter().map(|block| block.object.as_str());
    let files = stored.files.iter().map(FileRun::object);
    blocks.chain(files).map(move |object| stored_object(org, object).key)
}
