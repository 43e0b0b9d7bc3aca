//! Ending a backup that cannot be completed. Several functions must be able to: the run itself, the API when a run does not start, and
//! the sweep when a run has gone silent.

use crate::domain::backup::{Backup, Failure};
use crate::domain::change;
use crate::domain::id::EventId;
use crate::ports::{ErrorKind, PortError, Ports};

/// Ends a backup with its reason and gives back what it used, in one transaction. `Conflict` when somebody else has changed it.
pub async fn end_backup(ports: &Ports, backup: Backup, failure: Failure) -> Result<(), PortError> {
    let org = backup.org;
    let given_back = ports.accounts.account(org).await?.give_back(&backup.claim, backup.id);
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let changes = change::fail(backup, given_back, failure, now, event);
    let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end a backup", error))?;
    ports.store.commit(org, changes).await
}
