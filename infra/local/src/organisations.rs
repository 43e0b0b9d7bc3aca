//! The organisations in the table.

use anyhow::Result;
use dynoxide::Database;
use hozon_emulator_aws::table::TABLE;
use serde_json::{Value, json};

use crate::registry::RegistryEntry;

/// Lists the organisations in the table, oldest first.
pub fn in_table(database: &Database) -> Result<Vec<RegistryEntry>> {
    let mut found = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut request = json!({
            "TableName": TABLE,
            "FilterExpression": "sk = :settings",
            "ExpressionAttributeValues": { ":settings": { "S": "SETTINGS" } },
        });
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let answer =
            serde_json::to_value(database.scan(serde_json::from_value(request)?).map_err(|error| anyhow::anyhow!("{error:?}"))?)?;
        for item in answer["Items"].as_array().into_iter().flatten() {
            let id = item["pk"]["S"].as_str().and_then(|pk| pk.strip_prefix("ORG#")).and_then(|id| id.parse().ok());
            let name = item["name"]["S"].as_str().map(str::to_owned);
            found.extend(id.zip(name).map(|(id, name)| RegistryEntry { id, name }));
        }
        start = answer["LastEvaluatedKey"].clone();
        if start.is_null() {
            found.sort_by_key(|entry| entry.id);
            return Ok(found);
        }
    }
}
