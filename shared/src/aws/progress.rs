//! Progress of runs and read marks in the table.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::errors::port_error;
use super::items::until;
use super::keys;
use super::table::{PrefixQuery, Table, encode, text};
use crate::domain::backup::Failure;
use crate::domain::id::{BackupId, EventId, OrgId, UserId};
use crate::domain::progress::{Amount, CaptureProgress};
use crate::ports::{ErrorKind, Marks, PortError, Progress};

/// Progress is read during the run, and later when an operator looks into a failure.
pub(super) const RUNS_KEPT: TimeDelta = TimeDelta::days(30);

/// The event id as 20 digits of text, so that string comparison in DynamoDB is numeric comparison.
#[derive(Serialize, Deserialize)]
struct Mark {
    until: String,
}

#[async_trait]
impl Progress for Table {
    async fn record(&self, org: OrgId, backup: BackupId, item: u64, done: Amount, at: DateTime<Utc>) -> Result<(), PortError> {
        self.put_of_run((org, backup), keys::item(item), &done, at, "record progress").await
    }

    async fn record_capture(
        &self,
        run: (OrgId, BackupId),
        reader: u64,
        read: CaptureProgress,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.put_of_run(run, keys::reader(reader), &read, at, "record the progress of a capture").await
    }

    async fn captured(&self, org: OrgId, backup: BackupId) -> Result<Option<CaptureProgress>, PortError> {
        let readers: Vec<CaptureProgress> = self.all(of_run(org, backup, keys::READERS)).await?;
        Ok((!readers.is_empty()).then(|| readers.into_iter().sum()))
    }

    async fn done(&self, org: OrgId, backup: BackupId) -> Result<Amount, PortError> {
        let items: Vec<Amount> = self.all(of_run(org, backup, keys::ITEMS)).await?;
        Ok(items.into_iter().fold(Amount::default(), |sum, item| sum + item))
    }

    async fn record_failure(&self, org: OrgId, backup: BackupId, failure: &Failure, at: DateTime<Utc>) -> Result<(), PortError> {
        self.put_of_run((org, backup), keys::FAILURE.to_owned(), failure, at, "record a failure").await
    }

    async fn failure(&self, org: OrgId, backup: BackupId) -> Result<Option<Failure>, PortError> {
        self.read(keys::run(org, backup), keys::FAILURE.to_owned()).await
    }
}

impl Table {
    /// Writes a record of a run, in place of one with the same key. `what` names the operation in errors.
    pub(super) async fn put_of_run(
        &self,
        (org, backup): (OrgId, BackupId),
        key: String,
        record: &impl Serialize,
        at: DateTime<Utc>,
        what: &'static str,
    ) -> Result<(), PortError> {
        let item = until(encode(keys::run(org, backup), key, record)?, at + RUNS_KEPT);
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        request.send().await.map(drop).map_err(port_error(what))
    }
}

/// All records of a run whose keys begin like this.
fn of_run(org: OrgId, backup: BackupId, prefix: &'static str) -> PrefixQuery<'static> {
    PrefixQuery { pk: keys::run(org, backup), prefix, before: None, newest_first: false, limit: None }
}

#[async_trait]
impl Marks for Table {
    async fn read_until(&self, org: OrgId, user: UserId) -> Result<Option<EventId>, PortError> {
        let mark: Option<Mark> = self.read(keys::organisation(org), keys::mark(user)).await?;
        let corrupt = |error| PortError::with(ErrorKind::Corrupt, "read a mark", error);
        mark.map(|mark| mark.until.parse().map(EventId).map_err(corrupt)).transpose()
    }

    async fn mark_read(&self, org: OrgId, user: UserId, until: EventId) -> Result<(), PortError> {
        let until = format!("{:020}", until.0);
        let item = encode(keys::organisation(org), keys::mark(user), &Mark { until: until.clone() })?;
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let request = request.condition_expression("attribute_not_exists(pk) OR #until < :until");
        // `until` is not a reserved word today; the alias keeps the expression valid if it becomes one.
        let request = request.expression_attribute_names("#until", "until").expression_attribute_values(":until", text(until));
        match request.send().await {
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            other => other.map(drop).map_err(port_error("mark as read")),
        }
    }
}
