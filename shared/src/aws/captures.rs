//! Records of captures, beside the progress of their runs in the table.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::errors::port_error;
use super::items::until;
use super::keys;
use super::progress::RUNS_KEPT;
use super::table::{Table, encode};
use crate::domain::awaited::AwaitedCapture;
use crate::domain::backup::Failure;
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{Captures, ErrorKind, PortError};

/// The session that is published for a run.
#[derive(Serialize, Deserialize)]
struct Chosen {
    session: String,
}

#[async_trait]
impl Captures for Table {
    async fn await_program(&self, org: OrgId, backup: BackupId, now: DateTime<Utc>) -> Result<AwaitedCapture, PortError> {
        let awaited = AwaitedCapture { since: now, given_up: None };
        self.create_record((org, backup), keys::AWAITED, awaited, now).await
    }

    async fn awaited(&self, org: OrgId, backup: BackupId) -> Result<Option<AwaitedCapture>, PortError> {
        self.read(keys::run(org, backup), keys::AWAITED.to_owned()).await
    }

    async fn give_up(&self, org: OrgId, backup: BackupId, failure: &Failure, now: DateTime<Utc>) -> Result<(), PortError> {
        let given_up = AwaitedCapture { since: now, given_up: Some(failure.clone()) };
        let what = "record that the program has given up";
        self.put_of_run((org, backup), keys::AWAITED.to_owned(), &given_up, now, what).await
    }

    async fn choose(&self, org: OrgId, backup: BackupId, session: &str, now: DateTime<Utc>) -> Result<String, PortError> {
        let chosen = Chosen { session: session.to_owned() };
        self.create_record((org, backup), keys::CHOSEN, chosen, now).await.map(|chosen| chosen.session)
    }

    async fn chosen(&self, org: OrgId, backup: BackupId) -> Result<Option<String>, PortError> {
        let chosen: Option<Chosen> = self.read(keys::run(org, backup), keys::CHOSEN.to_owned()).await?;
        Ok(chosen.map(|chosen| chosen.session))
    }
}

impl Table {
    /// Writes a record of a run that does not exist yet. Returns the one that exists then.
    async fn create_record<T: Serialize + for<'a> Deserialize<'a>>(
        &self,
        (org, backup): (OrgId, BackupId),
        key: &str,
        record: T,
        now: DateTime<Utc>,
    ) -> Result<T, PortError> {
        let what = "create a record of a capture";
        let item = until(encode(keys::run(org, backup), key.to_owned(), &record)?, now + RUNS_KEPT);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await.map_err(port_error(what)) {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => return other.map(|_| record),
        }
        let present = self.read(keys::run(org, backup), key.to_owned()).await?;
        present.ok_or_else(|| PortError::new(ErrorKind::Unavailable, what))
    }
}
