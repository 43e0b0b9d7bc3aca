//! Fails a backup that cannot be completed. Several functions need this: the run itself, the API when a run does not
//! start, and the sweep when a run no longer responds.

use chrono::{DateTime, Utc};

use crate::domain::backup::{Backup, Failure};
use crate::domain::change;
use crate::domain::id::EventId;
use crate::ports::{Accounts, ErrorKind, PortError, Store};

/// Fails a backup and returns its claim to the allowance, in one transaction with the event of that id. Fails with
/// `Conflict` if the backup was changed concurrently.
pub async fn end_backup(
    store: &dyn Store,
    accounts: &dyn Accounts,
    backup: Backup,
    failure: Failure,
    now: DateTime<Utc>,
    event: EventId,
) -> Result<(), PortError> {
    let org = backup.org;
    let given_back = accounts.account(org).await?.give_back(&backup.claim, backup.id);
    let changes = change::fail(backup, given_back, failure, now, event);
    let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end a backup", error))?;
    store.commit(org, changes).await
}
