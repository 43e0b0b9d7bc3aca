//! Records of the table's stream as Lambda delivers them. Each is parsed separately, so that an unreadable record
//! does not affect the others.

use hozon_shared::domain::delivery::{Delivery, DeliveryId};
use hozon_shared::domain::event::Event;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{ErrorKind, PortError};
use serde::Deserialize;
use serde_dynamo::Item;
use serde_json::Value;

/// Error returned when the input is not a batch of stream records.
#[derive(Debug, thiserror::Error)]
#[error("the input is no batch of stream records")]
pub struct StreamError(#[source] serde_json::Error);

/// A record of the stream.
#[derive(Debug)]
pub struct StreamRecord {
    /// Sequence number in the stream.
    pub sequence: String,
    /// The whole record as received.
    pub raw: Value,
}

/// Content of a record.
#[derive(Debug, PartialEq, Eq)]
pub enum RecordContent {
    /// An event of an organisation.
    Event(OrgId, Box<Event>),
    /// A new delivery to a webhook.
    Delivery(DeliveryId),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamBatch {
    records: Vec<Value>,
}

#[derive(Deserialize)]
struct Placed {
    dynamodb: Place,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    sequence_number: String,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "eventName")]
    name: String,
    dynamodb: StreamChange,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamChange {
    new_image: Option<Item>,
}

#[derive(Deserialize)]
struct ItemKeys {
    pk: String,
    sk: String,
}

/// Splits a batch into records.
pub fn records(batch: Value) -> Result<Vec<StreamRecord>, StreamError> {
    let batch: StreamBatch = serde_json::from_value(batch).map_err(StreamError)?;
    let record = |raw: Value| {
        let placed: Placed = Placed::deserialize(&raw).map_err(StreamError)?;
        Ok(StreamRecord { sequence: placed.dynamodb.sequence_number, raw })
    };
    batch.records.into_iter().map(record).collect()
}

impl StreamRecord {
    /// Parses the content of the record; `None` if it needs no notification.
    pub fn content(&self) -> Result<Option<RecordContent>, PortError> {
        let raw = Raw::deserialize(&self.raw).map_err(corrupt)?;
        // Events and deliveries are news once, when they are written.
        let Some(item) = raw.dynamodb.new_image.filter(|_| raw.name == "INSERT") else { return Ok(None) };
        let keys: ItemKeys = serde_dynamo::from_item(item.clone()).map_err(corrupt)?;
        let Some(org) = keys.pk.strip_prefix("ORG#").and_then(|org| org.parse().ok()) else { return Ok(None) };
        if keys.sk.starts_with("EVENT#") {
            return Ok(Some(RecordContent::Event(org, serde_dynamo::from_item(item).map_err(corrupt)?)));
        }
        if keys.sk.starts_with("DELIVERY#") {
            let delivery: Delivery = serde_dynamo::from_item(item).map_err(corrupt)?;
            return Ok(Some(RecordContent::Delivery(delivery.id)));
        }
        Ok(None)
    }
}

fn corrupt(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::with(ErrorKind::Corrupt, "read a stream record", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hozon_shared::domain::delivery::Receiver;
    use hozon_shared::domain::id::WebhookId;
    use serde_json::json;

    fn batch(name: &str, sk: &str, rest: Value) -> Value {
        let mut image = rest;
        image["pk"] = json!({ "S": "ORG#7" });
        image["sk"] = json!({ "S": sk });
        json!({ "Records": [{ "eventID": "1", "eventName": name, "dynamodb": { "SequenceNumber": "100", "NewImage": image } }] })
    }

    fn event() -> Value {
        json!({
            "id": { "S": "9" }, "at": { "S": "2026-11-24T01:00:00Z" },
            "by": { "M": { "id": { "S": "1" }, "name": { "S": "管理者" }, "zuid": { "S": "1" } } },
            "kind": { "S": "backup_started" }, "backup": { "S": "8" }, "repeat": { "S": "weekly" },
        })
    }

    fn content(batch: Value) -> Result<Option<RecordContent>, PortError> {
        records(batch).expect("a batch").remove(0).content()
    }

    #[test]
    fn a_new_event_is_read_and_no_other_change_is() {
        let Ok(Some(RecordContent::Event(org, found))) = content(batch("INSERT", "EVENT#00000000000000000009", event())) else {
            panic!("an event")
        };
        assert_eq!((org, found.id.0, found.what.name()), (OrgId(7), 9, "backup_started"));
        assert!(matches!(content(batch("MODIFY", "EVENT#00000000000000000009", event())), Ok(None)));
        assert!(matches!(content(batch("INSERT", "BACKUP#00000000000000000008", event())), Ok(None)));
        assert!(records(json!({ "records": [] })).is_err());
    }

    #[test]
    fn a_new_delivery_to_a_webhook_is_named() {
        let stored = json!({
            "org": { "S": "7" }, "webhook": { "S": "3" }, "event": { "S": "9" }, "body": { "S": "{}" },
            "attempts": { "N": "0" }, "next": { "S": "2026-11-24T01:00:00Z" },
        });
        let found = content(batch("INSERT", "DELIVERY#00000000000000000003#00000000000000000009", stored)).expect("readable");
        let Some(RecordContent::Delivery(id)) = found else { panic!("a delivery") };
        assert_eq!((id.event.0, id.receiver), (9, Receiver::Webhook(WebhookId(3))));
    }

    #[test]
    fn a_record_that_cannot_be_read_has_its_place_still() {
        let mut unknown = event();
        unknown["kind"] = json!({ "S": "nothing known" });
        let found = records(batch("INSERT", "EVENT#00000000000000000009", unknown)).expect("a batch");
        assert_eq!(found[0].sequence, "100");
        assert!(found[0].content().is_err_and(|error| error.kind == ErrorKind::Corrupt));
        let odd = json!({ "Records": [{ "dynamodb": { "SequenceNumber": "101", "NewImage": 5 } }] });
        assert!(records(odd).expect("a batch")[0].content().is_err());
    }
}
