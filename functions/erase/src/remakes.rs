//! Zips that are to be made anew. This function deletes them and says so in their backups; the sweep of the function `trigger` starts the
//! executions that make them.

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::backup::LINK_LIFE;
use hozon_shared::domain::erasure::{Erasure, ZipChoice};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{Change, PortError};

use crate::job::Job;

/// Number of erasures among which those are looked for whose zips are being made anew.
const NEWEST: usize = 1_000;

/// Returns whether zips of the organisation are being made anew. Meanwhile nothing is erased: they may be made of what is erased.
pub async fn are_under_way(job: &Job<'_>) -> Result<bool, PortError> {
    let (store, now) = (&job.ports.store, job.ports.clock.now());
    for erasure in job.ports.erasures.erasures(job.org, None, NEWEST).await? {
        if !may_remake(&erasure, now) {
            continue;
        }
        for id in &erasure.backups {
            if store.backup(job.org, *id).await?.is_some_and(|backup| backup.is_being_remade(now)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn may_remake(erasure: &Erasure, now: DateTime<Utc>) -> bool {
    let longest: TimeDelta = RunLength::MAX.kept() + LINK_LIFE;
    erasure.zips == ZipChoice::Remake && erasure.ended.is_none_or(|ended| now < ended + longest)
}

/// Says in the backups whose zips this erasure has deleted that they are to be made anew. Those of which the links have ended stay without zips.
/// May be repeated.
pub async fn request(job: &Job<'_>, erasure: &Erasure) -> Result<(), PortError> {
    if erasure.zips != ZipChoice::Remake {
        return Ok(());
    }
    let (ports, now) = (job.ports, job.ports.clock.now());
    for id in &erasure.backups {
        let Some(backup) = ports.store.backup(job.org, *id).await? else { continue };
        if backup.is_remade_after(erasure.id) {
            continue;
        }
        if let Ok(backup) = backup.request_remake(erasure.id, erasure.requester.clone(), now) {
            ports.store.commit(job.org, vec![Change::Backup(Box::new(backup))]).await?;
        }
    }
    Ok(())
}
