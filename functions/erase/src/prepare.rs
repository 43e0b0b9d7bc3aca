//! Finds the records, and what is kept of them. Nothing is changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::erasure::{ErasedModule, Erasure, Extent, MAX_EXAMPLES, MAX_RECORDS, RecordRef};
use hozon_shared::erasing::{WantedDocument, WantedSearch};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::erase::{Found, Looking, WantedRecords, search};

use crate::error::EraseError;
use crate::fail;
use crate::job::Job;
use crate::zips::StoredZips;

/// How long a call searches.
const BUDGET: TimeDelta = TimeDelta::minutes(8);

pub async fn run(job: &Job<'_>, erasure: Erasure) -> Result<CallOutcome, EraseError> {
    let mut wanted = job.wanted().await?;
    if let Some(search) = wanted.search.take() {
        wanted = search_on(job, wanted, search).await?;
        if wanted.records.len() > MAX_RECORDS {
            return fail::run(job, erasure, EraseError::TooManyRecords.error_type()).await;
        }
        job.keep_wanted(&wanted).await?;
        if wanted.search.is_some() {
            return Ok(CallOutcome::Again);
        }
    }
    let records: WantedRecords = wanted.records.iter().cloned().collect();
    let found = Looking::new(&job.ports.session, job.org, &records).look().await?;
    // What is nowhere kept needs no erasing, and may be mistyped.
    wanted.records.retain(|record| found.modules.get(&record.module).is_some_and(|known| known.records.contains(&record.id)));
    job.keep_wanted(&wanted).await?;
    let zips = StoredZips::list(job).await?;
    let concerned = zips.concerned(&found);
    let extent = extent(&found, zips.count(&concerned));
    job.store(erasure.plan(extent, concerned.into_iter().collect())?).await?;
    Ok(CallOutcome::Done)
}

/// Goes on with a search for as long as a call may take.
async fn search_on(job: &Job<'_>, wanted: WantedDocument, search_for: WantedSearch) -> Result<WantedDocument, EraseError> {
    let unreadable = |error| PortError::with(ErrorKind::Corrupt, "read the words of an erasure", error);
    let words = Arc::new(search_for.words().map_err(unreadable)?);
    let clock = &job.ports.clock;
    let found = search(
        &job.ports.session,
        job.org,
        (search_for.module.as_deref(), &words),
        search_for.from.as_ref(),
        (clock, clock.now() + BUDGET),
    )
    .await?;
    let records: BTreeSet<RecordRef> = wanted.records.into_iter().chain(found.records).collect();
    let rest = found.rest.map(|from| WantedSearch { from: Some(from), ..search_for });
    Ok(WantedDocument { records: records.into_iter().collect(), search: rest })
}

fn extent(found: &Found, zips: u64) -> Extent {
    let modules = found.modules.iter().map(|(api_name, module)| ErasedModule {
        api_name: api_name.clone(),
        label: module.label.clone(),
        records: module.records.len() as u64,
    });
    let named = found
        .modules
        .iter()
        .flat_map(|(module, known)| known.records.iter().map(move |id| RecordRef { module: module.clone(), id: id.clone() }));
    Extent {
        records: found.records(),
        modules: modules.collect(),
        examples: named.take(MAX_EXAMPLES).collect(),
        snapshots: found.concerned.len() as u64,
        zips,
    }
}
