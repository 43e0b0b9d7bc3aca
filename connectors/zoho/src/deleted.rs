//! Records that were deleted, for good or into the recycle bin (Zoho CRM API v8, "Get Deleted Records").

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::SourceError;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::values::{take, text};

/// Ids of records of a module that were deleted since then.
pub(crate) async fn since(client: &Client, module: &str, since: DateTime<Utc>) -> Result<Vec<String>, SourceError> {
    // Times are given in whole seconds.
    let since = since - TimeDelta::seconds(1);
    let (mut ids, mut page) = (Vec::new(), 1_u32);
    loop {
        let number = page.to_string();
        let query = [("type", "all"), ("per_page", "200"), ("page", number.as_str())];
        let body = client.call(Call::get(module, &format!("{module}/deleted"), &query).since(since)).await?.body;
        let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        let Value::Array(deleted) = take(body, "data") else { return Ok(ids) };
        let is_meant = |record: &&Value| time(record, "deleted_time").is_none_or(|at| at >= since);
        ids.extend(deleted.iter().filter(is_meant).map(|record| text(record, "id").to_owned()));
        if !has_more {
            return Ok(ids);
        }
        page += 1;
    }
}

/// A time of a record.
pub(crate) fn time(record: &Value, name: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text(record, name)).ok()?;
    Some(time.with_timezone(&Utc))
}
