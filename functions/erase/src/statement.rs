//! The signed statement about an erasure. It names the records by keyed hashes only.

use hozon_shared::domain::change;
use hozon_shared::domain::erasure::{Erasure, ErasureKey};
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::statement::{ErasureStatement, StatedRecord, list_of_records};
use hozon_shared::erasing::{WantedDocument, erased_list_at};
use hozon_shared::ports::{ErrorKind, PortError};

use crate::error::EraseError;
use crate::job::Job;

/// Keeps the list of erased records, and completes the erasure with the statement about it, in one transaction. Fails with `Conflict` if another
/// statement was appended concurrently.
pub async fn complete(job: &Job<'_>, erasure: Erasure, wanted: &WantedDocument) -> Result<(), EraseError> {
    let ports = job.ports;
    let key = key(job).await?;
    let records = wanted
        .records
        .iter()
        .map(|record| StatedRecord { hash: key.hash(&record.module, &record.id), module: record.module.clone() });
    let list = list_of_records(records.collect()).map_err(EraseError::Statement)?;
    ports.objects.put(&erased_list_at(job.org, job.id), list.clone().into(), "application/json").await?;
    let previous = ports.statements.statements(job.org, 1).await?.pop();
    let (now, records) = (ports.clock.now(), (wanted.records.len() as u64, list.as_bytes()));
    let statement =
        ErasureStatement::after(previous.as_ref(), (job.org, job.id), records, now, &ports.signer.public_key().await?);
    let text = statement.text().map_err(EraseError::Statement)?;
    let signature = ports.signer.sign(text.as_bytes()).await?;
    let event = EventId(ports.ids.next(now));
    ports.store.commit(job.org, change::complete_erasure(erasure, statement.signed(text, &signature), now, event)?).await?;
    Ok(())
}

/// Returns the organisation's key, and makes it with the first erasure.
async fn key(job: &Job<'_>) -> Result<ErasureKey, PortError> {
    let keys = &job.ports.keys;
    if let Some(key) = keys.key(job.org).await? {
        return Ok(key);
    }
    keys.keep(job.org, &job.ports.secrets.token()).await?;
    keys.key(job.org).await?.ok_or_else(|| PortError::new(ErrorKind::Unavailable, "read the key of erasures back"))
}
