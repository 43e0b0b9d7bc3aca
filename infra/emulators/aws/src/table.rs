//! DynamoDB emulator on SQLite: the service's table and the calls that the functions make, answered in this process
//! without a port.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, Utc};
use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::aws_json::AwsJson::V1_0;
use crate::aws_json::target;

/// Name of the table.
pub const TABLE: &str = "hozon";
/// Path of the calls, below the services' address.
pub const PATH: &str = "/dynamodb";
/// File in the data folder.
pub const FILE: &str = "dynamodb.sqlite";

/// First public sequence number of the stream.
const SEQUENCES_FROM: u128 = 100_000_000_000_000_000_000;

/// Opens the database file, and creates the table if it does not exist.
pub fn open(file: &Path) -> Result<Database> {
    let path = file.to_str().context("the data folder's path is not UTF-8")?;
    let database = Database::new(path).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    create(&database)?;
    Ok(database)
}

/// Answers the calls of the functions.
pub fn router(database: Database) -> Router {
    Router::new().route(PATH, post(call)).route(&format!("{PATH}/"), post(call)).with_state(database)
}

async fn call(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = target(&headers).and_then(|target| target.strip_prefix("DynamoDB_20120810.")).unwrap_or_default();
    match dispatch(&database, operation, &body) {
        Ok(json) => V1_0.answer(StatusCode::OK, json),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            V1_0.answer(status, error.to_json())
        }
    }
}

fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "GetItem" => run(body, |request| database.get_item(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        _ => Err(DynoxideError::ValidationException(format!("{operation} is not supported"))),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    act: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_string(&act(request)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// Deletes stream records before a sequence number and, if given, created before a time. The emulator would keep them
/// forever, and reads all of them with each write.
pub fn trim_stream(file: &Path, before: &str, made_before: Option<DateTime<Utc>>) -> Result<()> {
    // The emulator's public sequence numbers are the stored ones plus 10^20.
    let stored = before.parse::<u128>().ok().and_then(|public| i64::try_from(public.checked_sub(SEQUENCES_FROM)?).ok());
    let stored = stored.with_context(|| format!("{before} is no place in the stream"))?;
    let connection = Connection::open(file).context("open the table's file")?;
    let made_before = made_before.map_or(i64::MAX, |at| at.timestamp());
    let sql = "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2 AND created_at < ?3";
    connection.execute(sql, (TABLE, stored, made_before)).context("trim the table's stream")?;
    Ok(())
}

/// Creates the table as described in infra/template.yaml. A table of an earlier version is updated.
fn create(database: &Database) -> Result<()> {
    let attributes = ["pk", "sk", "due_shard", "due_at"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let due = json!({
        "IndexName": "due",
        "KeySchema": [
            { "AttributeName": "due_shard", "KeyType": "HASH" },
            { "AttributeName": "due_at", "KeyType": "RANGE" },
        ],
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    if let Some(table) = database.get_table_metadata(TABLE).map_err(failed)? {
        if !table.stream_enabled {
            update(database, json!({ "StreamSpecification": stream }))?;
        }
        if table.gsi_definitions.is_none() {
            let updates = [json!({ "Create": due })];
            update(database, json!({ "AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": updates }))?;
        }
        return Ok(());
    }
    let request = serde_json::from_value(json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "GlobalSecondaryIndexes": [due],
        "StreamSpecification": stream,
    }))?;
    database.create_table(request).map(drop).map_err(failed)
}

fn update(database: &Database, mut change: Value) -> Result<()> {
    change["TableName"] = json!(TABLE);
    database.update_table(serde_json::from_value(change)?).map(drop).map_err(failed)
}

fn failed(error: DynoxideError) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(database: &Database, sk: &str) {
        let item = json!({ "TableName": TABLE, "Item": { "pk": { "S": "ORG#1" }, "sk": { "S": sk } } });
        database.put_item(serde_json::from_value(item).expect("a request")).expect("writes");
    }

    fn records(file: &Path) -> Vec<String> {
        let connection = Connection::open(file).expect("opens");
        let mut statement = connection.prepare("SELECT sequence_number FROM _stream_records ORDER BY id").expect("a query");
        statement.query_map((), |row| row.get(0)).expect("reads").map(|number| number.expect("a number")).collect()
    }

    #[test]
    fn the_stream_is_trimmed_up_to_a_record_which_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        let database = open(&file).expect("opens");
        for sk in ["a", "b", "c", "d"] {
            put(&database, sk);
        }
        let stored = records(&file);
        let public = (SEQUENCES_FROM + stored[2].parse::<u128>().expect("a number")).to_string();
        trim_stream(&file, &public, Some(Utc::now() - chrono::TimeDelta::days(1))).expect("trims");
        assert_eq!(records(&file), stored, "none is a day old");
        trim_stream(&file, &public, None).expect("trims");
        assert_eq!(records(&file), stored[2..]);
        put(&database, "e");
        assert!(records(&file)[2] > stored[3], "numbers go on");
        assert!(trim_stream(&file, "nonsense", None).is_err());
    }
}
