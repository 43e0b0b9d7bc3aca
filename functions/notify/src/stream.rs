//! Records of the table's stream, as Lambda hands them over.

use hozon_shared::domain::event::Event;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{ErrorKind, PortError};
use serde::Deserialize;
use serde_dynamo::Item;
use serde_json::Value;

/// A batch that is no batch of stream records.
#[derive(Debug, thiserror::Error)]
#[error("the input is no batch of stream records")]
pub struct StreamError(#[source] serde_json::Error);

/// A record, as far as it matters here.
#[derive(Debug)]
pub struct Record {
    /// Its place in the stream.
    pub sequence: String,
    new: Option<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    records: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "eventName")]
    name: String,
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    new_image: Option<Item>,
}

/// Reads a batch.
pub fn records(batch: Value) -> Result<Vec<Record>, StreamError> {
    let batch: Batch = serde_json::from_value(batch).map_err(StreamError)?;
    let record = |raw: Raw| {
        // Events are written once; whatever else changes is nobody's news.
        let new = raw.dynamodb.new_image.filter(|_| raw.name == "INSERT");
        Record { sequence: raw.dynamodb.sequence_number, new }
    };
    Ok(batch.records.into_iter().map(record).collect())
}

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

impl Record {
    /// The event that was written, and whose it is; `None` for any other record.
    pub fn event(&self) -> Result<Option<(OrgId, Event)>, PortError> {
        let Some(item) = &self.new else { return Ok(None) };
        let corrupt = |error| PortError::with(ErrorKind::Corrupt, "read a stream record", error);
        let keys: Keys = serde_dynamo::from_item(item.clone()).map_err(corrupt)?;
        let org = keys.pk.strip_prefix("ORG#").and_then(|org| org.parse().ok());
        let Some(org) = org.filter(|_| keys.sk.starts_with("EVENT#")) else { return Ok(None) };
        let event = serde_dynamo::from_item(item.clone()).map_err(corrupt)?;
        Ok(Some((org, event)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn batch(name: &str, sk: &str) -> Value {
        let image = json!({
            "pk": { "S": "ORG#7" }, "sk": { "S": sk }, "id": { "S": "9" }, "at": { "S": "2026-11-24T01:00:00Z" },
            "by": { "M": { "id": { "S": "1" }, "name": { "S": "管理者" }, "zuid": { "S": "1" } } },
            "kind": { "S": "backup_started" }, "backup": { "S": "8" }, "repeat": { "S": "weekly" },
        });
        json!({ "Records": [{ "eventID": "1", "eventName": name, "dynamodb": { "SequenceNumber": "100", "NewImage": image } }] })
    }

    fn event(batch: Value) -> Option<(OrgId, Event)> {
        records(batch).expect("a batch").remove(0).event().expect("readable")
    }

    #[test]
    fn a_new_event_is_read_and_nothing_else_is() {
        let (org, found) = event(batch("INSERT", "EVENT#00000000000000000009")).expect("an event");
        assert_eq!((org, found.id.0, found.what.name()), (OrgId(7), 9, "backup_started"));
        assert!(event(batch("MODIFY", "EVENT#00000000000000000009")).is_none());
        assert!(event(batch("INSERT", "BACKUP#00000000000000000008")).is_none());
        assert!(records(json!({ "records": [] })).is_err());
    }
}
