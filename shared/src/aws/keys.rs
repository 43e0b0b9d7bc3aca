//! Every key of the DynamoDB table. S3 keys are built next to the code that writes the objects: in `archive` for work
//! objects and zips, in `snapshots` for the CRM store.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::change::Lock;
use crate::domain::connection::ConnectionRole;
use crate::domain::delivery::{DeliveryId, Receiver};
use crate::domain::id::{
    BackupId, ConnectionId, DrillId, ErasureId, EventId, OrderId, OrgId, RestoreId, ScheduleId, SubscriptionId, UserId, WebhookId,
};
use crate::domain::ledger::LedgerEntry;
use crate::domain::request::Request;

/// Sort key prefix of backups, oldest first.
pub const BACKUPS: &str = "BACKUP#";
/// Sort key prefix of erasures, oldest first.
pub const ERASURES: &str = "ERASURE#";
/// Sort key prefix of events, oldest first.
pub const EVENTS: &str = "EVENT#";
/// Sort key prefix of modules.
pub const MODULES: &str = "MODULE#";
/// Sort key of the list of current modules.
pub const CATALOGUE: &str = "CATALOGUE";
/// The list of captured modules.
pub const CAPTURED: &str = "CAPTURED";
/// Sort key of the leases on stored objects.
pub const LEASES: &str = "LEASES";
/// Sort key prefix of the work items of a run.
pub const ITEMS: &str = "ITEM#";
/// Sort key prefix of what the readers of a capture have read.
pub const READERS: &str = "READER#";
/// Sort key of an organisation's settings.
pub const SETTINGS: &str = "SETTINGS";
/// Sort key prefix of schedules, oldest first.
pub const SCHEDULES: &str = "SCHEDULE#";
/// Index of due items: partitioned by [`due_shard`], sorted by time.
pub const DUE_INDEX: &str = "due";
/// Number of partitions of the due index, so that no partition becomes hot.
pub const DUE_SHARDS: u64 = 16;

/// Sort key of the reason why a run failed.
pub const FAILURE: &str = "FAILURE";
/// Sort key of the record that a run waits for the program beside the database.
pub const AWAITED: &str = "AWAITED";
/// Sort key of the session that is published for a run.
pub const CHOSEN: &str = "CHOSEN";

/// Sort key of the connection with a role.
pub fn connection(role: ConnectionRole) -> &'static str {
    match role {
        ConnectionRole::Source => "CONNECTION",
        ConnectionRole::RestoreTarget => "RESTORE_TARGET",
    }
}

/// Partition key of an organisation's state and events.
pub fn organisation(org: OrgId) -> String {
    format!("ORG#{org}")
}

/// Partition key of an organisation's native CRM store.
pub fn crm(org: OrgId) -> String {
    format!("CRM#{org}")
}

/// Partition key of a run's progress.
pub fn run(org: OrgId, backup: BackupId) -> String {
    format!("RUN#{org}#{backup}")
}

/// Partition key in the due index.
pub fn due_shard(number: u64) -> String {
    format!("DUE#{:02}", number % DUE_SHARDS)
}

/// Sort key in the due index. Lexicographic order is chronological order.
pub fn due_at(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub fn erasure(id: ErasureId) -> String {
    format!("{ERASURES}{:020}", id.0)
}

pub fn schedule(id: ScheduleId) -> String {
    format!("{SCHEDULES}{:020}", id.0)
}

/// Sort key prefix of a schedule's occurrences, oldest first.
pub fn occurrences(schedule: ScheduleId) -> String {
    format!("OCCURRENCE#{:020}#", schedule.0)
}

pub fn occurrence(schedule: ScheduleId, at: DateTime<Utc>) -> String {
    format!("{}{}", occurrences(schedule), due_at(at))
}

/// Sort key prefix of webhooks, oldest first.
pub const WEBHOOKS: &str = "WEBHOOK#";
/// Prefix of an organisation's deliveries to webhooks.
const DELIVERIES: &str = "DELIVERY#";
/// Prefix of the partitions of deliveries by mail.
const OUTBOX: &str = "OUTBOX#";

pub fn webhook(id: WebhookId) -> String {
    format!("{WEBHOOKS}{:020}", id.0)
}

/// Keys of a delivery. Those by mail have a partition of their own, where earlier versions noted which mails they had sent, under the same
/// key: an event of theirs that the stream repeats is no new delivery.
pub fn delivery(id: DeliveryId) -> (String, String) {
    let DeliveryId { org, event, receiver } = id;
    match receiver {
        Receiver::Webhook(webhook) => (organisation(org), format!("{DELIVERIES}{:020}#{:020}", webhook.0, event.0)),
        Receiver::Mail(address) => (format!("{OUTBOX}{org}"), format!("{:020}#{address}", event.0)),
    }
}

/// The delivery with these keys; `None` where they are those of something else.
pub fn parse_delivery(pk: &str, sk: &str) -> Option<DeliveryId> {
    if let Some(org) = pk.strip_prefix(OUTBOX) {
        let (event, address) = sk.split_once('#')?;
        let (org, event) = (org.parse().ok()?, event.parse().ok()?);
        return Some(DeliveryId { org, event, receiver: Receiver::Mail(address.parse().ok()?) });
    }
    let (webhook, event) = sk.strip_prefix(DELIVERIES)?.split_once('#')?;
    let (org, event) = (pk.strip_prefix("ORG#")?.parse().ok()?, event.parse().ok()?);
    Some(DeliveryId { org, event, receiver: Receiver::Webhook(webhook.parse().ok()?) })
}

/// Keys of the API credits that a connection has used.
pub fn credits(org: OrgId, connection: ConnectionId) -> (String, String) {
    (organisation(org), format!("CREDITS#{:020}", connection.0))
}

/// Sort key of a person's mail address and language.
pub fn contact(user: UserId) -> String {
    format!("CONTACT#{user}")
}

/// Sort keys of the locks of webhook slots.
const WEBHOOK_SLOTS: [&str; crate::domain::webhook::MAX_WEBHOOKS] =
    ["WEBHOOK_SLOT#0", "WEBHOOK_SLOT#1", "WEBHOOK_SLOT#2", "WEBHOOK_SLOT#3", "WEBHOOK_SLOT#4"];

/// Sort key of a lock.
pub fn lock(lock: Lock) -> &'static str {
    match lock {
        Lock::Backup(_) => "SLOT",
        Lock::Restore(_) => "RESTORE_SLOT",
        Lock::Drill(_) => "DRILL_SLOT",
        Lock::Schedule(_) => "SCHEDULE_SLOT",
        Lock::Checkout(_) => CHECKOUT_SLOT,
        Lock::Webhook { slot, .. } => WEBHOOK_SLOTS[usize::from(slot) % WEBHOOK_SLOTS.len()],
    }
}

/// Sort key of a backup. Ids are padded to 20 digits so that lexicographic order is numeric order.
pub fn backup(id: BackupId) -> String {
    format!("{BACKUPS}{:020}", id.0)
}

pub fn event(id: EventId) -> String {
    format!("{EVENTS}{:020}", id.0)
}

/// Sort key prefix of legal holds, by backup.
pub const HOLDS: &str = "HOLD#";

pub fn hold(backup: BackupId) -> String {
    format!("{HOLDS}{:020}", backup.0)
}

/// Sort key prefix of signed statements, oldest first.
pub const STATEMENTS: &str = "STATEMENT#";

pub fn statement(number: u64) -> String {
    format!("{STATEMENTS}{number:020}")
}

/// Sort key prefix of restores, oldest first.
pub const RESTORES: &str = "RESTORE#";

pub fn restore(id: RestoreId) -> String {
    format!("{RESTORES}{:020}", id.0)
}

/// Sort key prefix of drills, oldest first.
pub const DRILLS: &str = "DRILL#";

pub fn drill(id: DrillId) -> String {
    format!("{DRILLS}{:020}", id.0)
}

/// Sort key of the allowance account.
pub const ACCOUNT: &str = "ACCOUNT";
/// Sort key prefix of the ledger, oldest first.
pub const LEDGER: &str = "LEDGER#";
/// Sort key prefix of orders, oldest first.
pub const ORDERS: &str = "ORDER#";
/// Sort key prefix of subscriptions, oldest first.
pub const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";
/// Sort key of the organisation's customer id at the payment provider.
pub const CUSTOMER: &str = "CUSTOMER";
/// Sort key of the lock of the order with an open checkout.
pub const CHECKOUT_SLOT: &str = "CHECKOUT_SLOT";

pub fn entry(entry: &LedgerEntry) -> String {
    format!("{LEDGER}{:020}#{:02}", entry.event.0, entry.number)
}

pub fn order(id: OrderId) -> String {
    format!("{ORDERS}{:020}", id.0)
}

pub fn subscription(id: SubscriptionId) -> String {
    format!("{SUBSCRIPTIONS}{:020}", id.0)
}

/// Sort key of a handled external message.
pub fn handled(message: &str) -> String {
    format!("HANDLED#{message}")
}

/// Sort key of a request with an idempotency key.
pub fn request(request: &Request) -> String {
    format!("REQUEST#{}#{}", request.user, request.name)
}

/// Sort key of a consent that a user was asked for.
pub fn consent(user: UserId, name: &str) -> String {
    format!("CONSENT#{user}#{name}")
}

/// Sort key of a user's read mark.
pub fn mark(user: UserId) -> String {
    format!("MARK#{user}")
}

/// Sort key of a work item's progress.
pub fn item(number: u64) -> String {
    format!("{ITEMS}{number:020}")
}

/// Sort key of what a reader of a capture has read.
pub fn reader(number: u64) -> String {
    format!("{READERS}{number:020}")
}

pub fn module(api_name: &str, version: &str) -> String {
    format!("{MODULES}{api_name}#{version}")
}
