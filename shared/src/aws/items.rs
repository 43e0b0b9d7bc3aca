//! Documents as items of the table.

use chrono::{DateTime, TimeDelta, Utc};

use super::keys;
use super::table::{TableItem, encode, integer, text};
use crate::domain::delivery::Delivery;
use crate::domain::id::OrgId;
use crate::domain::webhook::Webhook;
use crate::ports::PortError;

/// How long a delivery that has ended is kept. The stream repeats its records within a day.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Encodes a webhook as an item.
pub fn webhook_item(webhook: &Webhook) -> Result<TableItem, PortError> {
    encode(keys::organisation(webhook.org), keys::webhook(webhook.id), webhook)
}

/// A delivery as an item: in the index of what is due while it is open, deleted some time after it has ended.
pub fn delivery_item(delivery: &Delivery) -> Result<TableItem, PortError> {
    let (pk, sk) = keys::delivery(delivery.id);
    let item = encode(pk, sk, delivery)?;
    Ok(match delivery.ended {
        None => with_due(item, delivery.id.org, Some(delivery.next)),
        Some(ended) => until(item, ended.at + KEPT),
    })
}

/// Sets the time after which DynamoDB may delete an item.
pub fn until(mut item: TableItem, end: DateTime<Utc>) -> TableItem {
    item.insert("ttl".to_owned(), integer(u64::try_from(end.timestamp()).unwrap_or_default()));
    item
}

/// Adds an item to the index of due items if it has a due time.
pub fn with_due(mut item: TableItem, org: OrgId, due: Option<DateTime<Utc>>) -> TableItem {
    if let Some(at) = due {
        item.insert("due_shard".to_owned(), text(keys::due_shard(org.0)));
        item.insert("due_at".to_owned(), text(keys::due_at(at)));
    }
    item
}
