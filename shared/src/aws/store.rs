//! State and event log in the table.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::Serialize;

use super::errors::port_error;
use super::keys;
use super::table::{Item, PrefixQuery, Table, encode, integer, text};
use crate::domain::allowance::{Month, MonthUse};
use crate::domain::backup::Backup;
use crate::domain::id::{BackupId, OrgId};
use crate::domain::organisation::Organisation;
use crate::ports::{Change, ErrorKind, EventPage, EventQuery, PortError, Store};

const ABSENT: &str = "attribute_not_exists(pk)";

#[derive(Serialize)]
struct Slot {
    backup: BackupId,
}

#[async_trait]
impl Store for Table {
    async fn organisation(&self, org: OrgId) -> Result<Option<Organisation>, PortError> {
        self.read(keys::organisation(org), keys::SETTINGS.to_owned()).await
    }

    async fn backup(&self, org: OrgId, id: BackupId) -> Result<Option<Backup>, PortError> {
        self.read(keys::organisation(org), keys::backup(id)).await
    }

    async fn backups(&self, org: OrgId, limit: usize) -> Result<Vec<Backup>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::BACKUPS, before: None, newest_first: true, limit: Some(limit) }).await
    }

    async fn month_use(&self, org: OrgId, month: Month) -> Result<MonthUse, PortError> {
        let stored = self.read(keys::organisation(org), keys::month(&month)).await?;
        Ok(stored.unwrap_or(MonthUse { month, used: 0, version: 0 }))
    }

    async fn events(&self, org: OrgId, query: EventQuery) -> Result<EventPage, PortError> {
        // The upper bound is included, so it is the key just below the given event's.
        let before = query.before.map(|id| keys::event(crate::domain::id::EventId(id.0.saturating_sub(1))));
        let pk = keys::organisation(org);
        let limit = Some(query.limit + 1);
        let mut events = self.all(PrefixQuery { pk, prefix: keys::EVENTS, before, newest_first: true, limit }).await?;
        let more = events.len() > query.limit;
        events.truncate(query.limit);
        Ok(EventPage { events, more })
    }

    async fn commit(&self, org: OrgId, changes: Vec<Change>) -> Result<(), PortError> {
        let mut request = self.client.transact_write_items();
        for change in changes {
            request = request.transact_items(self.write(org, change)?);
        }
        request.send().await.map(drop).map_err(transaction_error)
    }
}

impl Table {
    fn write(&self, org: OrgId, change: Change) -> Result<TransactWriteItem, PortError> {
        let pk = keys::organisation(org);
        match change {
            Change::Organisation(document) => self.put(encode(pk, keys::SETTINGS.to_owned(), &document)?, None),
            Change::Backup(document) => {
                let stored = Backup { version: document.version + 1, ..*document.clone() };
                self.put_version(encode(pk, keys::backup(document.id), &stored)?, document.version)
            }
            Change::MonthUse(document) => {
                let stored = MonthUse { version: document.version + 1, ..document.clone() };
                self.put_version(encode(pk, keys::month(&document.month), &stored)?, document.version)
            }
            Change::Event(event) => self.put(encode(pk, keys::event(event.id), &event)?, Some(ABSENT)),
            Change::TakeSlot(backup) => self.put(encode(pk, keys::SLOT.to_owned(), &Slot { backup })?, Some(ABSENT)),
            Change::FreeSlot(backup) => self.free_slot(pk, backup),
        }
    }

    fn put(&self, item: Item, condition: Option<&str>) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build().map_err(not_built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn put_version(&self, item: Item, expected: u64) -> Result<TransactWriteItem, PortError> {
        if expected == 0 {
            return self.put(item, Some(ABSENT));
        }
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).condition_expression("version = :expected");
        let put = put.expression_attribute_values(":expected", integer(expected)).build().map_err(not_built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn free_slot(&self, pk: String, backup: BackupId) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .key("pk", text(pk))
            .key("sk", text(keys::SLOT))
            .condition_expression("#backup = :backup")
            // `backup` is a reserved word.
            .expression_attribute_names("#backup", "backup")
            .expression_attribute_values(":backup", text(backup.to_string()))
            .build()
            .map_err(not_built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn not_built(error: aws_sdk_dynamodb::error::BuildError) -> PortError {
    PortError::with(ErrorKind::Refused, "build a transaction", error)
}

fn transaction_error(error: SdkError<TransactWriteItemsError>) -> PortError {
    let kind = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let condition = |code: Option<&str>| code == Some("ConditionalCheckFailed");
            let failed = cancelled.cancellation_reasons().iter().any(|reason| condition(reason.code()));
            Some(if failed { ErrorKind::Conflict } else { ErrorKind::Unavailable })
        }
        _ => None,
    };
    let general = port_error("commit a transaction")(error);
    PortError { kind: kind.unwrap_or(general.kind), ..general }
}
