//! Documents as items of the table.

use chrono::{DateTime, Utc};

use super::keys;
use super::table::{Item, encode, text};
use crate::domain::id::OrgId;
use crate::domain::webhook::{Delivery, Webhook};
use crate::ports::PortError;

/// Encodes a webhook as an item.
pub fn webhook_item(webhook: &Webhook) -> Result<Item, PortError> {
    encode(keys::organisation(webhook.org), keys::webhook(webhook.id), webhook)
}

/// Encodes a pending delivery as an item, with the attributes of the due index.
pub fn delivery_item(delivery: &Delivery) -> Result<Item, PortError> {
    let key = keys::delivery(delivery.webhook, delivery.event);
    let item = encode(keys::organisation(delivery.org), key, delivery)?;
    Ok(with_due(item, delivery.org, Some(delivery.next)))
}

/// Adds an item to the index of due items if it has a due time.
pub fn with_due(mut item: Item, org: OrgId, due: Option<DateTime<Utc>>) -> Item {
    if let Some(at) = due {
        item.insert("due_shard".to_owned(), text(keys::due_shard(org.0)));
        item.insert("due_at".to_owned(), text(keys::due_at(at)));
    }
    item
}
