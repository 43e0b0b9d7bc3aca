//! Bulk Read: jobs of up to 200,000 records, which cost less than pages do (Zoho CRM API v8, "Bulk Read"). Results have been seen to lack
//! records, so that each is compared with what the module has.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::catalog::{Table, count};
use crate::client::{Client, Failed};
use crate::columns::{Column, ColumnKind};
use crate::errors::{ApiError, Unexpected};
use crate::names::Names;
use crate::records::{self, FieldSets, PAGE, by_ids, cells, ids_behind};
use crate::spill::{Spill, Spilled};
use crate::values::{take, text};
use crate::{bulk_csv, deleted};

/// Records of one job.
const ROWS: u64 = 200_000;
/// Fields of one job.
const FIELDS: usize = 200;
/// Credits of a job with looks at its state, the download and the comparison.
const COST: u64 = 56;
/// Number of tries of a download that breaks off.
const TRIES: u32 = 3;
/// Wait before the first look at a job; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Longest time that a job takes; the record API is used instead.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Whether Bulk Read gives a module, and costs less than pages.
pub(crate) fn pays(table: &Table, names: &Names) -> bool {
    // Zoho CRM API v8, "Bulk Read: Limitations".
    let is_given = !matches!(table.api_name.as_str(), "Notes" | "Attachments" | "Emails");
    let is_named = |column: &Column| match &column.kind {
        ColumnKind::Lookup(module) => names.name_field(module).is_some(),
        ColumnKind::RichText => false,
        _ => true,
    };
    let pages = table.count.div_ceil(PAGE as u64) * FieldSets::of(table).calls();
    is_given && table.columns.iter().all(is_named) && fields(table, names).len() <= FIELDS && credits(table) < pages
}

/// Credits of reading a module by jobs.
pub(crate) fn credits(table: &Table) -> u64 {
    table.count.div_ceil(ROWS) * COST + rich_calls(table)
}

/// Calls for values that a result does not show, as far as they can be foreseen: most activities belong to a record, and few records have
/// files.
fn rich_calls(table: &Table) -> u64 {
    let has = |is: fn(&ColumnKind) -> bool| table.columns.iter().any(|column| is(&column.kind));
    match () {
        () if has(|kind| *kind == ColumnKind::AnyLookup) => table.count / 120,
        () if has(ColumnKind::is_rich) => table.count / 400,
        () => 0,
    }
}

/// Names of fields as a job takes them: of a lookup also the field that names the record.
fn fields(table: &Table, names: &Names) -> Vec<String> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|column| !matches!(column.kind, ColumnKind::Subform(_))) {
        fields.push(column.api_name.clone());
        if let ColumnKind::Lookup(module) = &column.kind {
            fields.extend(names.name_field(module).map(|field| format!("{}.{field}", column.api_name)));
        }
    }
    fields
}

/// A job that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    id: String,
    begun: DateTime<Utc>,
    /// Id behind which it reads.
    after: u64,
}

/// The end of a job.
pub(crate) enum Ended {
    Rows {
        rows: Spilled,
        has_more: bool,
    },
    /// Its result is gone: another job is needed.
    Gone,
    /// Bulk Read does not give the module: the record API does.
    Failed,
}

/// Begins a job for the records behind an id. `None` if Bulk Read does not give the module.
pub(crate) async fn begin(client: &Client, table: &Table, names: &Names, after: u64) -> Result<Option<Job>, SourceError> {
    let (name, begun) = (table.api_name.as_str(), client.now());
    let mut query = json!({ "module": { "api_name": name }, "fields": fields(table, names) });
    if after > 0 {
        query["criteria"] = json!({ "field": { "api_name": "id" }, "comparator": "greater_than", "value": after.to_string() });
    }
    match client.try_call(Call::bulk(name, json!({ "query": query, "file_type": "csv" }))).await {
        Ok(answer) => {
            let id = answer.body.pointer("/data/0/details/id").and_then(Value::as_str).map(str::to_owned);
            Ok(Some(Job { id: id.ok_or(Unexpected("the id of a job"))?, begun, after }))
        }
        Err(failed) => failed.filter(is_refused).map(|_| None).map_err(|failed| failed.about(name)),
    }
}

fn is_refused(error: &ApiError) -> bool {
    const REFUSED: [&str; 6] = [
        "MODULE_NOT_AVAILABLE",
        "MODULE_NOT_SUPPORTED",
        "FIELD_NOT_AVAILABLE",
        "FIELD_NOT_SUPPORTED",
        "INVALID_REQUEST",
        "INVALID_QUERY",
    ];
    REFUSED.contains(&error.code.as_str()) || error.is_unknown()
}

/// Waits for a job, and writes its rows to disk, with those that it lacks.
pub(crate) async fn end(client: &Client, table: &Table, names: &Names, job: &Job) -> Result<Ended, SourceError> {
    let name = table.api_name.as_str();
    let Job { id: job, begun, after } = job;
    let Some(state) = wait(client, name, job).await? else { return Ok(Ended::Gone) };
    if text(&state, "state") != "COMPLETED" {
        return Ok(Ended::Failed);
    }
    let Some(mut rows) = result(client, table, names, job).await? else { return Ok(Ended::Gone) };
    let (counted, has_more) = (&state["result"]["count"], state["result"]["more_records"] == true);
    let found = Found { ids: rows.ids(), counted: counted.as_u64(), has_more, after: *after };
    let missing = found.missing(client, name, *begun).await?;
    for (id, record) in by_ids(client, table, &missing).await? {
        rows.push(id, id, &cells(table, &record))?;
    }
    Ok(Ended::Rows { rows: rows.finish()?, has_more })
}

/// Downloads the rows of a job. `None` if they are gone. A download that breaks off is begun again.
async fn result(client: &Client, table: &Table, names: &Names, job: &str) -> Result<Option<Spill>, SourceError> {
    let name = table.api_name.as_str();
    let mut tries = 1;
    loop {
        let bytes = match client.download(Call::of_bulk(name, &format!("{job}/result"))).await {
            Ok(bytes) => bytes,
            Err(failed) => return failed.filter(is_gone).map(|_| None).map_err(|failed| failed.about(name)),
        };
        match bulk_csv::read(bytes, table.clone(), names.clone()).await {
            Err(error) if error.kind == SourceErrorKind::Interrupted && tries < TRIES => tries += 1,
            other => return other.map(Some),
        }
    }
}

fn is_gone(error: &ApiError) -> bool {
    error.status == 404 || matches!(error.code.as_str(), "RESOURCE_NOT_FOUND" | "INVALID_DATA")
}

/// Waits until a job has ended. `None` if it is not known any more.
async fn wait(client: &Client, name: &str, job: &str) -> Result<Option<Value>, SourceError> {
    let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
    loop {
        let answer = match client.try_call(Call::of_bulk(name, job)).await {
            Ok(answer) => answer,
            Err(failed) => return failed.filter(is_gone).map(|_| None).map_err(|failed: Failed| failed.about(name)),
        };
        let state = take(answer.body, "data").get_mut(0).map(Value::take).unwrap_or_default();
        if matches!(text(&state, "state"), "COMPLETED" | "FAILURE") || waited > PATIENCE {
            return Ok(Some(state));
        }
        tokio::time::sleep(wait).await;
        waited += wait;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// What a result has.
struct Found {
    /// In order.
    ids: Vec<u64>,
    /// Number of rows, as the job itself says it.
    counted: Option<u64>,
    has_more: bool,
    after: u64,
}

impl Found {
    /// Finds the ids that a result lacks. Records that were deleted since the job began are none of them, and neither are new ones, which
    /// the catch-up finds.
    async fn missing(&self, client: &Client, module: &str, begun: DateTime<Utc>) -> Result<Vec<u64>, SourceError> {
        let have = self.ids.len() as u64;
        let says_more = self.counted.is_some_and(|counted| counted > have);
        if !says_more && self.is_whole(client, module, begun).await? {
            return Ok(Vec::new());
        }
        let known: HashSet<u64> = self.ids.iter().copied().collect();
        let last = if self.has_more { self.ids.last().copied().unwrap_or(self.after) } else { u64::MAX };
        let (mut missing, mut after) = (Vec::new(), self.after);
        loop {
            let (ids, has_more) = ids_behind(client, module, after).await?;
            missing.extend(ids.iter().filter(|id| **id <= last && !known.contains(id)));
            match ids.last() {
                Some(end) if has_more && *end < last => after = *end,
                _ => return Ok(missing),
            }
        }
    }

    /// Compares the number of rows with that of the module's records in the same range of ids.
    async fn is_whole(&self, client: &Client, module: &str, begun: DateTime<Utc>) -> Result<bool, SourceError> {
        let Some(last) = self.ids.last().copied() else { return Ok(!self.has_more) };
        let have = self.ids.len() as u64;
        let expected = match counted_in(client, module, self.after, last).await? {
            Some(expected) => expected,
            // The job says that it has all of its rows, and only the last one reaches the end of the module.
            None if self.after > 0 || self.has_more => return Ok(true),
            None => {
                let all = count(client, module).await.map_err(|failed| failed.about(module))?;
                let (new, has_more) = ids_behind(client, module, last).await?;
                if has_more {
                    return Ok(false);
                }
                all.saturating_sub(new.len() as u64)
            }
        };
        if expected == have {
            return Ok(true);
        }
        let known: HashSet<u64> = self.ids.iter().copied().collect();
        let gone = deleted::since(client, module, begun).await?;
        let gone = gone.iter().filter_map(|id| id.parse().ok()).filter(|id: &u64| known.contains(id)).count() as u64;
        Ok(expected <= have - gone)
    }
}

/// Number of records in a range of ids; `None` if the query is not understood.
async fn counted_in(client: &Client, module: &str, after: u64, last: u64) -> Result<Option<u64>, SourceError> {
    let query = format!("select COUNT(id) from {module} where (id > {after} and id <= {last})");
    let is_refused = |error: &ApiError| matches!(error.code.as_str(), "SYNTAX_ERROR" | "INVALID_QUERY" | "LIMIT_EXCEEDED");
    match client.try_call(Call::coql(module, &query, 1)).await {
        Ok(answer) => {
            let row = answer.body.pointer("/data/0").and_then(Value::as_object);
            let number = row.and_then(|row| row.iter().find(|(name, _)| name.to_uppercase().starts_with("COUNT")));
            Ok(number.and_then(|(_, number)| records::id_of(number)))
        }
        Err(failed) => failed.filter(is_refused).map(|_| None).map_err(|failed| failed.about(module)),
    }
}
