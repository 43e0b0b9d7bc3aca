//! Fails a backup that cannot be completed, cancels one that nobody wants, and finds the one in progress. Several functions need this: the run itself, the API when a run does not
//! start, and the sweep when a run no longer responds.

use std::sync::Arc;

use crate::domain::backup::{Backup, BackupStatus, Failure};
use crate::domain::change::{self, Change};
use crate::domain::id::{EventId, OrgId};
use crate::domain::organisation::Caller;
use crate::domain::remaking;
use crate::ports::{Accounts, Clock, ErrorKind, Ids, PortError, Ports, Store};

/// The ports that failing a backup uses.
#[derive(Clone)]
pub struct EndingPorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub accounts: Arc<dyn Accounts>,
}

impl From<&Ports> for EndingPorts {
    /// Selects these ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, ids, store, accounts, .. } = ports.clone();
        Self { clock, ids, store, accounts }
    }
}

impl EndingPorts {
    /// Fails a backup now and returns its claim to the allowance, in one transaction with the event. Fails with `Conflict`
    /// if the backup was changed concurrently.
    pub async fn fail(&self, backup: Backup, failure: Failure) -> Result<(), PortError> {
        let (org, now) = (backup.org, self.clock.now());
        let given_back = self.accounts.account(org).await?.give_back(&backup.claim, backup.id);
        let changes = change::fail(backup, given_back, failure, now, EventId(self.ids.next(now)));
        let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end a backup", error))?;
        self.store.commit(org, changes).await
    }

    /// Ends the work on the zips of a backup that were to be made anew, without zips. Fails with `Conflict` if the backup was changed
    /// concurrently.
    pub async fn fail_remake(&self, backup: Backup, failure: Failure) -> Result<(), PortError> {
        let (org, now) = (backup.org, self.clock.now());
        let changes = remaking::not_remade(backup, failure, now, EventId(self.ids.next(now)));
        let changes =
            changes.map_err(|error| PortError::with(ErrorKind::Conflict, "end the work on zips that are made anew", error))?;
        self.store.commit(org, changes).await
    }

    /// Cancels a backup now and returns its claim to the allowance, in one transaction with the event and with where the caller is
    /// mailed. Fails with `Conflict` if the
    /// backup was changed concurrently.
    pub async fn cancel(&self, backup: Backup, by: &Caller) -> Result<(), PortError> {
        let (org, now) = (backup.org, self.clock.now());
        let given_back = self.accounts.account(org).await?.give_back(&backup.claim, backup.id);
        let changes = change::cancel(backup, given_back, &by.person, now, EventId(self.ids.next(now)));
        let mut changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "cancel a backup", error))?;
        changes.push(Change::Contact(by.contact()));
        self.store.commit(org, changes).await
    }

    /// Returns the backup in progress, of which an organisation has one at a time. An overdue one is failed, and another may be
    /// made in its place. Fails with `Conflict` if the overdue one was changed concurrently.
    pub async fn running(&self, org: OrgId) -> Result<Option<Backup>, PortError> {
        let newest = self.store.backups(org, 1).await?.pop();
        match newest.filter(|backup| backup.status == BackupStatus::Inprogress) {
            Some(overdue) if overdue.is_overdue(self.clock.now()) => self.fail(overdue, Failure::silent()).await.map(|()| None),
            running => Ok(running),
        }
    }
}
