//! Fails a backup that cannot be completed. Several functions need this: the run itself, the API when a run does not
//! start, and the sweep when a run no longer responds.

use crate::domain::backup::{Backup, Failure};
use crate::domain::change;
use crate::domain::id::EventId;
use crate::ports::{ErrorKind, PortError, Ports};

/// Fails a backup and returns its claim to the allowance, in one transaction. Fails with `Conflict` if the backup was
/// changed concurrently.
pub async fn end_backup(ports: &Ports, backup: Backup, failure: Failure) -> Result<(), PortError> {
    let org = backup.org;
    let given_back = ports.accounts.account(org).await?.give_back(&backup.claim, backup.id);
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let changes = change::fail(backup, given_back, failure, now, event);
    let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end a backup", error))?;
    ports.store.commit(org, changes).await
}
