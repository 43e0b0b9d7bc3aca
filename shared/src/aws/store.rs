//! State and event log in the table.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::errors::port_error;
use super::items::{delivery_item, until, webhook_item, with_due};
use super::table::{PrefixQuery, Table, TableItem, encode, integer, text};
use super::{keys, requests};
use crate::domain::allowance::Account;
use crate::domain::backup::Backup;
use crate::domain::change::Lock;
use crate::domain::connection::{Connection, ConnectionRole};
use crate::domain::drill::Drill;
use crate::domain::erasure::Erasure;
use crate::domain::event::Event;
use crate::domain::id::{BackupId, ConnectionId, EventId, OrgId};
use crate::domain::order::Order;
use crate::domain::organisation::Organisation;
use crate::domain::request::Request;
use crate::domain::restore::Restore;
use crate::domain::schedule::Schedule;
use crate::domain::subscription::Subscription;
use crate::ports::{Change, ErrorKind, EventPage, EventQuery, PortError, Store};

/// The history shows a year. DynamoDB deletes expired items some days late, so they are kept slightly longer.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(370);

const ABSENT: &str = "attribute_not_exists(pk)";

/// Handled messages are remembered for longer than any sender repeats them.
const HANDLED_KEPT: TimeDelta = TimeDelta::days(60);

/// The holder of a lock. The attribute is named `backup` because the first lock was the one of the running backup.
#[derive(Serialize, Deserialize)]
pub(super) struct LockHolder {
    pub(super) backup: String,
}

#[derive(Serialize)]
struct Handled {
    at: DateTime<Utc>,
}

/// The organisation's customer id at the payment provider.
#[derive(Serialize, Deserialize)]
pub(super) struct CustomerRow {
    pub(super) customer: String,
}

impl LockHolder {
    fn of(lock: Lock) -> Self {
        let backup = match lock {
            Lock::Backup(backup) => backup.to_string(),
            Lock::Restore(restore) => restore.to_string(),
            Lock::Drill(drill) => drill.to_string(),
            Lock::Schedule(schedule) => schedule.to_string(),
            Lock::Checkout(order) => order.to_string(),
            Lock::Webhook { id, .. } => id.to_string(),
        };
        Self { backup }
    }
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

    async fn events(&self, org: OrgId, query: EventQuery) -> Result<EventPage, PortError> {
        let of_events = (keys::EVENTS, |id| keys::event(EventId(id)));
        let mut events = self.older(org, of_events, query.before.map(|id| id.0), query.limit + 1).await?;
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
            Change::Organisation(document) => {
                let stored = Organisation { version: document.version + 1, ..document.clone() };
                self.put_version(encode(pk, keys::SETTINGS.to_owned(), &stored)?, document.version)
            }
            Change::Contact(contact) => self.put(encode(pk, keys::contact(contact.user), &contact)?, None),
            Change::Backup(document) => {
                let stored = Backup { version: document.version + 1, ..*document.clone() };
                let item = with_due(encode(pk, keys::backup(document.id), &stored)?, org, stored.next_check());
                self.put_version(item, document.version)
            }
            Change::Schedule(document) => {
                let stored = Schedule { version: document.version + 1, ..*document.clone() };
                let due = stored.is_active().then_some(stored.due);
                let item = with_due(encode(pk, keys::schedule(document.id), &stored)?, org, due);
                self.put_version(item, document.version)
            }
            Change::Occurrence(occurrence) => {
                let key = keys::occurrence(occurrence.schedule, occurrence.at);
                self.put(encode(pk, key, &occurrence)?, Some(ABSENT))
            }
            Change::Account(document) => {
                let stored = Account { version: document.version + 1, ..document.clone() };
                self.put_version(encode(pk, keys::ACCOUNT.to_owned(), &stored)?, document.version)
            }
            Change::Entry(entry) => self.put(encode(pk, keys::entry(&entry), &entry)?, Some(ABSENT)),
            Change::Order(document) => {
                let stored = Order { version: document.version + 1, ..*document.clone() };
                self.put_version(encode(pk, keys::order(document.id), &stored)?, document.version)
            }
            Change::Subscription(document) => {
                let stored = Subscription { version: document.version + 1, ..*document.clone() };
                self.put_version(encode(pk, keys::subscription(document.id), &stored)?, document.version)
            }
            Change::Customer(customer) => self.put(encode(pk, keys::CUSTOMER.to_owned(), &CustomerRow { customer })?, None),
            Change::Handled { message, at } => self.put_handled(pk, &message, at),
            Change::Event(event) => self.put_event(pk, &event),
            Change::Answered(request) => self.answer(org, &request),
            Change::Connection(document) => {
                let stored = Connection { version: document.version + 1, ..*document.clone() };
                self.put_version(encode(pk, keys::connection(document.role).to_owned(), &stored)?, document.version)
            }
            Change::ConnectionRemoved(role, id) => self.delete_connection(pk, role, id),
            Change::Webhook(webhook) => self.put(webhook_item(&webhook)?, None),
            Change::WebhookRemoved(id) => self.delete(pk, keys::webhook(id)),
            Change::Delivery(delivery) => self.put(delivery_item(&delivery)?, Some(ABSENT)),
            Change::Restore(restore) => self.put_restore(org, pk, &restore),
            Change::Drill(drill) => self.put_drill(org, pk, &drill),
            Change::Statement(statement) => self.put(encode(pk, keys::statement(statement.number), &statement)?, Some(ABSENT)),
            Change::Erasure(erasure) => self.put_erasure(org, pk, &erasure),
            Change::Hold(hold) => self.put(encode(pk, keys::hold(hold.backup), &hold)?, Some(ABSENT)),
            Change::HoldLifted(backup) => self.delete_existing(pk, keys::hold(backup)),
            Change::Acquire(lock) => self.put(encode(pk, keys::lock(lock).to_owned(), &LockHolder::of(lock))?, Some(ABSENT)),
            Change::Release(lock) => self.free(pk, lock),
        }
    }

    fn put_event(&self, pk: String, event: &Event) -> Result<TransactWriteItem, PortError> {
        self.put(until(encode(pk, keys::event(event.id), event)?, event.at + EVENTS_KEPT), Some(ABSENT))
    }

    fn put_handled(&self, pk: String, message: &str, at: DateTime<Utc>) -> Result<TransactWriteItem, PortError> {
        self.put(until(encode(pk, keys::handled(message), &Handled { at })?, at + HANDLED_KEPT), Some(ABSENT))
    }

    fn put_erasure(&self, org: OrgId, pk: String, erasure: &Erasure) -> Result<TransactWriteItem, PortError> {
        let stored = Erasure { version: erasure.version + 1, ..erasure.clone() };
        let item = with_due(encode(pk, keys::erasure(erasure.id), &stored)?, org, stored.next_check());
        self.put_version(item, erasure.version)
    }

    fn put_restore(&self, org: OrgId, pk: String, restore: &Restore) -> Result<TransactWriteItem, PortError> {
        let stored = Restore { version: restore.version + 1, ..restore.clone() };
        let item = with_due(encode(pk, keys::restore(restore.id), &stored)?, org, stored.next_check());
        self.put_version(item, restore.version)
    }

    fn put_drill(&self, org: OrgId, pk: String, drill: &Drill) -> Result<TransactWriteItem, PortError> {
        let stored = Drill { version: drill.version + 1, ..drill.clone() };
        let item = with_due(encode(pk, keys::drill(drill.id), &stored)?, org, stored.next_check());
        self.put_version(item, drill.version)
    }

    fn put(&self, item: TableItem, condition: Option<&str>) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build().map_err(not_built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn put_version(&self, item: TableItem, expected: u64) -> Result<TransactWriteItem, PortError> {
        if expected == 0 {
            return self.put(item, Some(ABSENT));
        }
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).condition_expression("version = :expected");
        let put = put.expression_attribute_values(":expected", integer(expected)).build().map_err(not_built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn answer(&self, org: OrgId, request: &Request) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(requests::item(org, request)?))
            .condition_expression(requests::IS_OURS)
            .expression_attribute_names(requests::TOKEN.0, requests::TOKEN.1)
            .expression_attribute_values(":token", integer(request.token))
            .build()
            .map_err(not_built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete(&self, pk: String, sk: String) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder().table_name(&self.name).key("pk", text(pk)).key("sk", text(sk));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(not_built)?).build())
    }

    fn delete_existing(&self, pk: String, sk: String) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder().table_name(&self.name).key("pk", text(pk)).key("sk", text(sk));
        let delete = delete.condition_expression("attribute_exists(pk)").build().map_err(not_built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn delete_connection(&self, pk: String, role: ConnectionRole, id: ConnectionId) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .key("pk", text(pk))
            .key("sk", text(keys::connection(role).to_owned()))
            .condition_expression("id = :id")
            .expression_attribute_values(":id", text(id.to_string()))
            .build()
            .map_err(not_built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn free(&self, pk: String, lock: Lock) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .key("pk", text(pk))
            .key("sk", text(keys::lock(lock)))
            .condition_expression("#backup = :backup")
            // `backup` is a reserved word.
            .expression_attribute_names("#backup", "backup")
            .expression_attribute_values(":backup", text(LockHolder::of(lock).backup))
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
