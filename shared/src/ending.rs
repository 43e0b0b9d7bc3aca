//! Ending a backup that cannot be completed. Several functions must be able to: the run itself, the API when a run does not start, and
//! the sweep when a run has gone silent.

use crate::domain::allowance::Claim;
use crate::domain::backup::{Backup, Failure};
use crate::domain::change;
use crate::domain::id::EventId;
use crate::ports::{ErrorKind, PortError, Ports};

/// Ends a backup with its reason and gives back what it used, in one transaction. `Conflict` when somebody else has changed it.
pub async fn end_backup(ports: &Ports, backup: Backup, failure: Failure) -> Result<(), PortError> {
    let org = backup.org;
    let month_use = match &backup.claim {
        Claim::Unlimited => None,
        Claim::Free { month } => Some(ports.store.month_use(org, month.clone()).await?),
    };
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let changes = change::fail(backup, month_use, failure, now, event);
    let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end a backup", error))?;
    ports.store.commit(org, changes).await
}
