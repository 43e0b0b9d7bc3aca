//! What has changed in a module since a time, for the catch-up at the end of a backup.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{ModuleChanges, SourceError, SourcePage};
use serde_json::Value;

use crate::call::Call;
use crate::catalog::{Table, count};
use crate::client::Client;
use crate::columns::{Cells, Record};
use crate::errors::ApiError;
use crate::listing::KnownFiles;
use crate::records::{PAGE, QUERY, by_ids, cells, page_of, records_of, whole};
use crate::values::take;
use crate::{deleted, subforms};

/// Changes are read from that long before the time that was asked for: clocks differ, and a change is seen a little after its time.
pub(crate) const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// Reads what has changed.
pub(crate) async fn read(
    client: &Client,
    known: &KnownFiles,
    table: &Table,
    since: DateTime<Utc>,
    files: &[String],
) -> Result<ModuleChanges, SourceError> {
    let (module, begun, from) = (table.api_name.as_str(), client.now(), since - MARGIN);
    let deleted = deleted::since(client, module, from).await?;
    let ids = ids_since(client, module, "Modified_Time", from).await?;
    // Photos and files in fields have other ids.
    let attachments: HashSet<u64> = files.iter().filter_map(|id| id.parse().ok()).collect();
    let (has_changed, listed) = known.has_changed(client, module, &attachments).await?;
    let rows = changed(client, table, &ids).await?;
    let mut has_new_files = has_changed;
    for (id, cells) in &rows {
        has_new_files |= table.file_columns().next().is_some() && known.add_row(table, *id, cells);
    }
    deleted.iter().filter_map(|id| id.parse().ok()).for_each(|id| known.remove_row(module, id));
    let there: HashSet<String> = rows.iter().map(|(id, _)| id.to_string()).collect();
    // A record may have come back out of the recycle bin.
    let deleted = deleted.into_iter().filter(|id| !there.contains(id)).collect();
    let page = page_of(table, &rows).map_err(|_| SourceErrorKind::Changed(module.to_owned()))?;
    let pages = (!rows.is_empty()).then_some(Ok(SourcePage { rows: page, behind: None }));
    let rows = stream::iter(pages).boxed();
    let counted = count(client, module).await.map_err(|failed| failed.about(module))?;
    Ok(ModuleChanges { until: begun.min(listed), rows, deleted, counted: Some(counted), has_new_files })
}

/// Ids of records of which a time is not before that, in order: by a query, or by pages where Zoho does not take queries of the module.
pub(crate) async fn ids_since(client: &Client, module: &str, field: &str, since: DateTime<Utc>) -> Result<Vec<u64>, SourceError> {
    let time = since.to_rfc3339_opts(SecondsFormat::Secs, false);
    let (mut ids, mut after, mut limit) = (Vec::new(), 0, PAGE as u64);
    loop {
        let query = format!("select id from {module} where (id > {after} and {field} >= '{time}') order by id asc");
        let body = match client.try_call(Call::coql(module, &query, limit)).await {
            Ok(answer) => answer.body,
            Err(failed) => {
                failed.filter(is_no_query).map_err(|failed| failed.about(module))?;
                return pages(client, module, since).await;
            }
        };
        let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        ids.extend(records_of(take(body, "data"))?.into_iter().map(|(id, _)| id));
        match ids.last() {
            Some(last) if has_more => (after, limit) = (*last, QUERY),
            _ => return Ok(ids),
        }
    }
}

fn is_no_query(error: &ApiError) -> bool {
    matches!(error.code.as_str(), "INVALID_QUERY" | "SYNTAX_ERROR" | "INVALID_MODULE" | "NOT_SUPPORTED")
}

/// Ids of records that were created or changed since, by the header of the record API.
async fn pages(client: &Client, module: &str, since: DateTime<Utc>) -> Result<Vec<u64>, SourceError> {
    let (mut ids, mut token): (Vec<u64>, Option<String>) = (Vec::new(), None);
    loop {
        let mut query = vec![("fields", "Modified_Time"), ("per_page", "200"), ("sort_by", "id"), ("sort_order", "asc")];
        query.extend(token.as_deref().map(|token| ("page_token", token)));
        let body = client.call(Call::get(module, module, &query).since(since)).await?.body;
        token = body.pointer("/info/next_page_token").and_then(Value::as_str).map(str::to_owned);
        let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        ids.extend(records_of(take(body, "data"))?.into_iter().map(|(id, _)| id));
        if !has_more || token.is_none() {
            return Ok(ids);
        }
    }
}

/// Rows of records as they are now, in order.
pub(crate) async fn changed(client: &Client, table: &Table, ids: &[u64]) -> Result<Vec<(u64, Cells)>, SourceError> {
    let mut rows = Vec::new();
    for (id, record) in by_ids(client, table, ids).await? {
        let mut cells = cells(table, &record);
        if !table.subforms.is_empty() {
            let Some(mut record): Option<Record> = whole(client, &table.api_name, id).await? else { continue };
            subforms::fill(table, &mut record, &mut cells)?;
        }
        rows.push((id, cells));
    }
    Ok(rows)
}
