//! Erases the records, while nobody writes snapshots and no backup is made.

use std::collections::BTreeSet;

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::erasure::{Erasure, ErasureStatus, Obstacle, PendingFor};
use hozon_shared::domain::event::ErasureStep;
use hozon_shared::domain::id::BackupId;
use hozon_shared::ports::{Bucket, PortError};
use hozon_shared::snapshots::erase::{Exclusion, Found, Looking, Rewriting, WantedRecords};

use crate::error::EraseError;
use crate::job::Job;
use crate::zips::{StoredZips, drop_copies, drop_zips};
use crate::{comparisons, remakes, reports, statement};

/// Number of backups that may have begun while captured data was written anew.
const NEWEST: usize = 50;

pub async fn run(job: &Job<'_>, erasure: Erasure) -> Result<CallOutcome, EraseError> {
    let ports = job.ports;
    let Some(mut exclusion) = Exclusion::begin(ports.session.clone(), job.org, ports.clock.clone()).await? else {
        return later(job, erasure).await;
    };
    let outcome = erase(job, erasure, &mut exclusion).await;
    let ended = exclusion.end().await;
    let outcome = outcome?;
    ended?;
    if outcome == CallOutcome::Done {
        tracing::info!(org.id = job.org.0, erasure.id = job.id.0, "the work on an erasure has ended");
    }
    Ok(outcome)
}

async fn erase(job: &Job<'_>, erasure: Erasure, exclusion: &mut Exclusion) -> Result<CallOutcome, EraseError> {
    // It may still read what would be deleted, and make zips of it.
    if is_being_backed_up(job).await? || remakes::are_under_way(job).await? {
        return later(job, erasure).await;
    }
    let wanted = job.wanted().await?;
    let records: WantedRecords = wanted.records.iter().cloned().collect();
    // Looking takes less time than the exclusion lasts. Should it take longer, the next call of `hold` fails, and nothing was changed.
    exclusion.hold().await?;
    let found = Looking::new(&job.ports.session, job.org, &records).look().await?;
    exclusion.hold().await?;
    if is_held(job, &found).await? {
        return pend(job, erasure, Obstacle { reason: PendingFor::Hold, until: None }).await;
    }
    let erasure = note_zips(job, erasure, &found).await?;
    let versions = Rewriting::new(&job.ports.session, job.org, &records, exclusion).rewrite_all().await?;
    tracing::info!(org.id = job.org.0, erasure.id = job.id.0, versions, "wrote captured data anew");
    if is_being_backed_up_since(job, &erasure).await? {
        return later(job, erasure).await;
    }
    let erasure = note_meanwhile(job, erasure).await?;
    comparisons::leave_out(job, &records).await?;
    reports::leave_out(job, &records).await?;
    exclusion.sweep().await?;
    job.ports.versions.forget_earlier(Bucket::Crm, &format!("org/{}/", job.org)).await?;
    drop_copies(job).await?;
    let locked = drop_zips(job, &erasure).await?;
    remakes::request(job, &erasure).await?;
    if let Some(until) = locked {
        return pend(job, erasure, Obstacle { reason: PendingFor::ObjectLock, until: Some(until) }).await;
    }
    statement::complete(job, erasure, &wanted).await?;
    job.forget_wanted().await?;
    Ok(CallOutcome::Done)
}

/// Returns whether a backup is being made. One that is overdue is not: its run has ended.
async fn is_being_backed_up(job: &Job<'_>) -> Result<bool, PortError> {
    let (newest, now) = (job.ports.store.backups(job.org, 1).await?.pop(), job.ports.clock.now());
    Ok(newest.is_some_and(|backup| backup.status == BackupStatus::Inprogress && !backup.is_overdue(now)))
}

/// Returns whether a backup is held of which the captured data has one of the records. Holds are read after the exclusion was announced: who
/// sets one later is refused.
async fn is_held(job: &Job<'_>, found: &Found) -> Result<bool, PortError> {
    let holds = job.ports.holds.holds(job.org).await?;
    Ok(holds.iter().any(|hold| found.concerned.contains(&hold.backup)))
}

/// Waits for the end of an obstacle. The history says it once.
async fn pend(job: &Job<'_>, erasure: Erasure, obstacle: Obstacle) -> Result<CallOutcome, EraseError> {
    let is_known = erasure.status == ErasureStatus::Pending && erasure.obstacle == Some(obstacle);
    let pending = erasure.wait(obstacle, job.ports.clock.now())?;
    match is_known {
        true => job.store(pending).await.map(drop)?,
        false => job.store_step(pending, ErasureStep::Pending).await?,
    }
    Ok(CallOutcome::Done)
}

/// Notes, before anything is changed, which zips are concerned: afterwards nobody can tell.
async fn note_zips(job: &Job<'_>, erasure: Erasure, found: &Found) -> Result<Erasure, PortError> {
    let mut backups: BTreeSet<BackupId> = StoredZips::list(job).await?.concerned(found);
    backups.extend(&erasure.backups);
    let newest = match erasure.newest {
        Some(before) => Some(before),
        None => Some(job.ports.store.backups(job.org, 1).await?.pop().map_or(BackupId(0), |backup| backup.id)),
    };
    job.store(Erasure { backups: backups.into_iter().collect(), newest, ..erasure }).await
}

/// The backups that were begun while captured data was written anew. Their zips may have been made of what was there before.
async fn begun_since(job: &Job<'_>, erasure: &Erasure) -> Result<Vec<Backup>, PortError> {
    let newest = job.ports.store.backups(job.org, NEWEST).await?;
    Ok(newest.into_iter().filter(|backup| Some(backup.id) > erasure.newest).collect())
}

async fn is_being_backed_up_since(job: &Job<'_>, erasure: &Erasure) -> Result<bool, PortError> {
    let since = begun_since(job, erasure).await?;
    Ok(since.iter().any(|backup| backup.status == BackupStatus::Inprogress))
}

/// Notes the zips of such backups. All captured data is written anew now.
async fn note_meanwhile(job: &Job<'_>, erasure: Erasure) -> Result<Erasure, PortError> {
    let zips = StoredZips::list(job).await?;
    let since = begun_since(job, &erasure).await?.into_iter().map(|backup| backup.id).filter(|backup| zips.has(*backup));
    let backups: BTreeSet<BackupId> = erasure.backups.iter().copied().chain(since).collect();
    job.store(Erasure { backups: backups.into_iter().collect(), newest: None, ..erasure }).await
}

/// Gives up for some minutes: a backup is being made, or zips anew, or somebody writes a snapshot. The sweep starts the work again.
async fn later(job: &Job<'_>, erasure: Erasure) -> Result<CallOutcome, EraseError> {
    job.store(erasure.later(job.ports.clock.now())).await?;
    Ok(CallOutcome::Done)
}
