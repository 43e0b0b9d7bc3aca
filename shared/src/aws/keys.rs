//! Every key of the DynamoDB table. S3 keys are built where the objects are: `archive` for work and zips, `snapshots` for the CRM.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::change::Lock;
use crate::domain::id::{BackupId, EventId, OrderId, OrgId, ScheduleId, SubscriptionId, UserId, WebhookId};
use crate::domain::ledger::Entry;
use crate::domain::request::Request;

/// Prefix of an organisation's backups, newest last.
pub const BACKUPS: &str = "BACKUP#";
/// Prefix of an organisation's events, newest last.
pub const EVENTS: &str = "EVENT#";
/// Prefix of an organisation's modules.
pub const MODULES: &str = "MODULE#";
/// Sort key of the list of an organisation's current modules.
pub const CATALOGUE: &str = "CATALOGUE";
/// Prefix of a run's items.
pub const ITEMS: &str = "ITEM#";
/// Sort key of an organisation's settings.
pub const SETTINGS: &str = "SETTINGS";
/// Prefix of an organisation's schedules, newest last.
pub const SCHEDULES: &str = "SCHEDULE#";
/// Index of what is due: partitioned by [`due_shard`], sorted by time.
pub const DUE_INDEX: &str = "due";
/// Partitions of that index, so that no single one is hot.
pub const DUE_SHARDS: u64 = 16;

/// Sort key of the reason why a run failed.
pub const FAILURE: &str = "FAILURE";

/// Partition of an organisation's state and events.
pub fn organisation(org: OrgId) -> String {
    format!("ORG#{org}")
}

/// Partition of an organisation's native CRM store.
pub fn crm(org: OrgId) -> String {
    format!("CRM#{org}")
}

/// Partition of one run's progress.
pub fn run(org: OrgId, backup: BackupId) -> String {
    format!("RUN#{org}#{backup}")
}

/// Partition of the index of what is due.
pub fn due_shard(number: u64) -> String {
    format!("DUE#{:02}", number % DUE_SHARDS)
}

/// Sort key of what is due at that time; text order is time order.
pub fn due_at(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Sort key of a schedule.
pub fn schedule(id: ScheduleId) -> String {
    format!("{SCHEDULES}{:020}", id.0)
}

/// Prefix of the records of a schedule's occurrences, oldest first.
pub fn occurrences(schedule: ScheduleId) -> String {
    format!("OCCURRENCE#{:020}#", schedule.0)
}

/// Sort key of the record of an occurrence.
pub fn occurrence(schedule: ScheduleId, at: DateTime<Utc>) -> String {
    format!("{}{}", occurrences(schedule), due_at(at))
}

/// Prefix of an organisation's webhooks, oldest first.
pub const WEBHOOKS: &str = "WEBHOOK#";
/// Prefix of an organisation's open deliveries.
pub const DELIVERIES: &str = "DELIVERY#";

/// Sort key of a webhook.
pub fn webhook(id: WebhookId) -> String {
    format!("{WEBHOOKS}{:020}", id.0)
}

/// Sort key of an open delivery.
pub fn delivery(webhook: WebhookId, event: EventId) -> String {
    format!("{DELIVERIES}{:020}#{:020}", webhook.0, event.0)
}

/// Sort key of where a person is written to.
pub fn contact(user: UserId) -> String {
    format!("CONTACT#{user}")
}

/// Sort keys of the places of webhooks.
const WEBHOOK_SLOTS: [&str; crate::domain::webhook::MAX_WEBHOOKS] =
    ["WEBHOOK_SLOT#0", "WEBHOOK_SLOT#1", "WEBHOOK_SLOT#2", "WEBHOOK_SLOT#3", "WEBHOOK_SLOT#4"];

/// Sort key of a place that an organisation has once.
pub fn lock(lock: Lock) -> &'static str {
    match lock {
        Lock::Backup(_) => "SLOT",
        Lock::Schedule(_) => "SCHEDULE_SLOT",
        Lock::Checkout(_) => CHECKOUT_SLOT,
        Lock::Webhook { slot, .. } => WEBHOOK_SLOTS[usize::from(slot) % WEBHOOK_SLOTS.len()],
    }
}

/// Sort key of a backup; ids have 20 digits so that text order is number order.
pub fn backup(id: BackupId) -> String {
    format!("{BACKUPS}{:020}", id.0)
}

/// Sort key of an event.
pub fn event(id: EventId) -> String {
    format!("{EVENTS}{:020}", id.0)
}

/// Sort key of what an organisation may use.
pub const ACCOUNT: &str = "ACCOUNT";
/// Prefix of an organisation's ledger, newest last.
pub const LEDGER: &str = "LEDGER#";
/// Prefix of an organisation's orders, newest last.
pub const ORDERS: &str = "ORDER#";
/// Prefix of an organisation's subscriptions, newest last.
pub const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";
/// Sort key of the payment provider's id of an organisation.
pub const CUSTOMER: &str = "CUSTOMER";
/// Sort key of the place of the order whose checkout is open.
pub const CHECKOUT_SLOT: &str = "CHECKOUT_SLOT";

/// Sort key of an entry of the ledger.
pub fn entry(entry: &Entry) -> String {
    format!("{LEDGER}{:020}#{:02}", entry.event.0, entry.number)
}

/// Sort key of an order.
pub fn order(id: OrderId) -> String {
    format!("{ORDERS}{:020}", id.0)
}

/// Sort key of a subscription.
pub fn subscription(id: SubscriptionId) -> String {
    format!("{SUBSCRIPTIONS}{:020}", id.0)
}

/// Sort key of a handled message from outside.
pub fn handled(message: &str) -> String {
    format!("HANDLED#{message}")
}

/// Sort key of a request with an idempotency key.
pub fn request(request: &Request) -> String {
    format!("REQUEST#{}#{}", request.user, request.name)
}

/// Sort key of a user's read mark.
pub fn mark(user: UserId) -> String {
    format!("MARK#{user}")
}

/// Sort key of a work item's progress.
pub fn item(number: u64) -> String {
    format!("{ITEMS}{number:020}")
}

/// Partition of an organisation's handled messages.
pub fn outbox(org: OrgId) -> String {
    format!("OUTBOX#{org}")
}

/// Sort key of a handled message.
pub fn message(event: EventId, receiver: &str) -> String {
    format!("{:020}#{receiver}", event.0)
}

/// Sort key of a module's version.
pub fn module(api_name: &str, version: &str) -> String {
    format!("{MODULES}{api_name}#{version}")
}
