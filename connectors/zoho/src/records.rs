//! Records by the record API: pages of 200 in the order of their ids. Page tokens end at 100,000 records; from there on, and where a
//! token has expired, a query gives the ids (Zoho CRM API v8, "Get Records", "Query API").

use std::collections::HashMap;

use hozon_shared::domain::rows::{RowPage, UnevenRows};
use hozon_shared::ports::SourceError;
use serde_json::Value;

use crate::call::Call;
use crate::catalog::Table;
use crate::client::{Client, Failed};
use crate::columns::{Cells, Column, ColumnKind, Record};
use crate::errors::{ApiError, Unexpected};
use crate::values::take;

/// Records of one page.
pub(crate) const PAGE: usize = 200;
/// Fields of one call.
pub(crate) const FIELDS: usize = 50;
/// Ids of one call.
const IDS: usize = 100;
/// Records of one query.
pub(crate) const QUERY: u64 = 2_000;

/// Names of fields for each call that together gives all columns. The first has those that only the record API shows; all the others of it
/// that are plain follow.
pub(crate) struct FieldSets {
    first: String,
    /// Fields that a query gives as well.
    plain: Vec<String>,
    /// Fields that only the record API gives.
    others: Vec<String>,
    /// Formatted texts, which have a call of their own.
    rich: Vec<String>,
}

impl FieldSets {
    pub(crate) fn of(table: &Table) -> Self {
        let columns = table.columns.iter().filter(|column| column.api_name != "id" && !is_subform(column));
        let (rich, columns): (Vec<&Column>, Vec<_>) = columns.partition(|column| column.kind == ColumnKind::RichText);
        let (plain, others): (Vec<&Column>, Vec<_>) = columns.into_iter().partition(|column| column.kind.is_plain());
        let (plain, others, rich) = (names(&plain), names(&others), names(&rich));
        let listed = others.len().min(FIELDS);
        let (first, others) = others.split_at(listed);
        let (more, plain) = plain.split_at((FIELDS - listed).min(plain.len()));
        let first: Vec<&str> = first.iter().chain(more).copied().collect();
        // A call must name a field.
        let first = if first.is_empty() { "id".to_owned() } else { first.join(",") };
        // The id comes with each of them.
        let joined = |names: &[&str], size| names.chunks(size).map(|names| names.join(",")).collect();
        Self { first, plain: joined(plain, FIELDS - 1), others: joined(others, FIELDS), rich: joined(&rich, FIELDS) }
    }

    /// Number of calls for each page.
    pub(crate) fn calls(&self) -> u64 {
        (1 + self.plain.len() + 2 * self.others.len() + self.rich.len()) as u64
    }
}

fn names<'a>(columns: &[&'a Column]) -> Vec<&'a str> {
    columns.iter().map(|column| column.api_name.as_str()).collect()
}

fn is_subform(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Subform(_))
}

/// Records of one page, and the token of the next one.
pub(crate) struct Listed {
    pub records: Vec<(u64, Record)>,
    pub next: Option<String>,
    pub has_more: bool,
}

/// Reads one page of a list. `None` if the token leads nowhere any more.
pub(crate) async fn page(
    client: &Client,
    table: &Table,
    fields: &FieldSets,
    token: Option<&str>,
) -> Result<Option<Listed>, SourceError> {
    let name = table.api_name.as_str();
    let mut query = vec![("fields", fields.first.as_str()), ("sort_by", "id"), ("sort_order", "asc"), ("per_page", "200")];
    query.extend(token.map(|token| ("page_token", token)));
    let body = match client.try_call(Call::get(name, name, &query)).await {
        Ok(answer) => answer.body,
        Err(failed) => {
            let is_token = |error: &ApiError| token.is_some() && is_end_of_token(error);
            failed.filter(is_token).map_err(|failed| failed.about(name))?;
            return Ok(None);
        }
    };
    let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
    let next = body.pointer("/info/next_page_token").and_then(Value::as_str).map(str::to_owned);
    let mut records = records_of(take(body, "data"))?;
    complete(client, name, fields, &mut records).await?;
    Ok(Some(Listed { records, next, has_more }))
}

fn is_end_of_token(error: &ApiError) -> bool {
    matches!(
        error.code.as_str(),
        "PAGINATION_LIMIT_EXCEEDED"
            | "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
            | "EXPIRED_VALUE"
            | "INVALID_DATA"
            | "INVALID_TOKEN_VALUE"
    )
}

/// Adds the fields that one call could not give.
async fn complete(client: &Client, module: &str, fields: &FieldSets, records: &mut [(u64, Record)]) -> Result<(), SourceError> {
    let (Some((first, _)), Some((last, _))) = (records.first(), records.last()) else { return Ok(()) };
    let range = format!("from {module} where (id >= {first} and id <= {last}) order by id asc");
    let ids: Vec<u64> = records.iter().map(|(id, _)| *id).collect();
    let mut found: HashMap<u64, Record> = HashMap::new();
    let mut add =
        |more: Vec<(u64, Record)>| more.into_iter().for_each(|(id, record)| found.entry(id).or_default().extend(record));
    for names in &fields.plain {
        let answer = client.call(Call::coql(module, &format!("select id,{names} {range}"), PAGE as u64)).await?;
        add(records_of(take(answer.body, "data"))?);
    }
    for names in &fields.others {
        add(by_ids_of(client, module, names, &ids).await?);
    }
    for names in &fields.rich {
        add(texts_of(client, module, names, &ids).await?);
    }
    for (id, record) in records {
        record.extend(found.remove(id).unwrap_or_default());
    }
    Ok(())
}

/// Reads records by their ids, with all columns. Those that are gone are missing.
pub(crate) async fn by_ids(client: &Client, table: &Table, ids: &[u64]) -> Result<Vec<(u64, Record)>, SourceError> {
    let (FieldSets { first, plain, others, rich }, module) = (FieldSets::of(table), table.api_name.as_str());
    let mut all: HashMap<u64, Record> = HashMap::new();
    let mut add = |more: Vec<(u64, Record)>| more.into_iter().for_each(|(id, record)| all.entry(id).or_default().extend(record));
    for names in std::iter::once(&first).chain(&plain).chain(&others) {
        add(by_ids_of(client, module, names, ids).await?);
    }
    for names in &rich {
        add(texts_of(client, module, names, ids).await?);
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|(id, _)| *id);
    Ok(all)
}

/// Reads formatted texts (Zoho CRM API v8, "Get Rich Text Fields").
async fn texts_of(client: &Client, module: &str, names: &str, ids: &[u64]) -> Result<Vec<(u64, Record)>, SourceError> {
    let path = format!("{module}/actions/fetch_full_data");
    let mut found = Vec::new();
    for ids in ids.chunks(PAGE) {
        let answer = client.call(Call::get(module, &path, &[("ids", &joined(ids)), ("fields", names)])).await?;
        found.append(&mut records_of(take(answer.body, "data"))?);
    }
    Ok(found)
}

fn joined(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

/// Reads some fields of records.
pub(crate) async fn by_ids_of(
    client: &Client,
    module: &str,
    names: &str,
    ids: &[u64],
) -> Result<Vec<(u64, Record)>, SourceError> {
    let mut found = Vec::new();
    for ids in ids.chunks(IDS) {
        let answer = client.call(Call::get(module, module, &[("fields", names), ("ids", &joined(ids))])).await?;
        found.append(&mut records_of(take(answer.body, "data"))?);
    }
    Ok(found)
}

/// Ids behind one, in order: at most 2,000, and whether there may be more.
pub(crate) async fn ids_behind(client: &Client, module: &str, after: u64) -> Result<(Vec<u64>, bool), SourceError> {
    let query = format!("select id from {module} where id > {after} order by id asc");
    let answer = client.call(Call::coql(module, &query, QUERY)).await?;
    let has_more = answer.body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
    let ids = records_of(take(answer.body, "data"))?.into_iter().map(|(id, _)| id).collect();
    Ok((ids, has_more))
}

/// Reads one record whole, with the rows of its subforms; `None` if it is gone.
pub(crate) async fn whole(client: &Client, module: &str, id: u64) -> Result<Option<Record>, SourceError> {
    let is_gone = |error: &ApiError| error.status == 404 || matches!(error.code.as_str(), "INVALID_DATA" | "RESOURCE_NOT_FOUND");
    let body = match client.try_call(Call::get(module, &format!("{module}/{id}"), &[])).await {
        Ok(answer) => answer.body,
        Err(failed) => {
            failed.filter(is_gone).map_err(|failed: Failed| failed.about(module))?;
            return Ok(None);
        }
    };
    Ok(records_of(take(body, "data"))?.pop().map(|(_, record)| record))
}

/// Records of an answer in the order of their ids.
pub(crate) fn records_of(data: Value) -> Result<Vec<(u64, Record)>, SourceError> {
    let Value::Array(list) = data else { return Ok(Vec::new()) };
    let record = |value| match value {
        Value::Object(record) => Some((id_of(record.get("id")?)?, record)),
        _ => None,
    };
    let mut records = list.into_iter().map(record).collect::<Option<Vec<_>>>().ok_or(Unexpected("the id of a record"))?;
    records.sort_by_key(|(id, _)| *id);
    Ok(records)
}

/// An id, which is a text of digits.
pub(crate) fn id_of(value: &Value) -> Option<u64> {
    value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok())
}

/// The cells of a record.
pub(crate) fn cells(table: &Table, record: &Record) -> Cells {
    let mut cells = Vec::with_capacity(table.columns.len() * 2);
    table.columns.iter().for_each(|column| column.push(record, &mut cells));
    cells
}

/// Rows as a page.
pub(crate) fn page_of(table: &Table, rows: &[(u64, Cells)]) -> Result<RowPage, UnevenRows> {
    let mut page = RowPage::new(table.fields().len());
    for (_, cells) in rows {
        page.push(&cells.iter().map(Option::as_deref).collect::<Vec<_>>())?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(plain: usize, lookups: usize) -> Table {
        let column =
            |name: String, kind: ColumnKind| Column { label: name.clone(), data_type: String::new(), api_name: name, kind };
        let plain = (0..plain).map(|at| column(format!("plain{at}"), ColumnKind::Text));
        let lookups = (0..lookups).map(|at| column(format!("lookup{at}"), ColumnKind::User));
        let columns = plain.chain(lookups).chain([column("id".to_owned(), ColumnKind::Text)]).collect();
        Table { api_name: "Leads".to_owned(), columns, count: 0, subforms: Vec::new() }
    }

    #[test]
    fn all_fields_are_read_in_as_few_calls_as_they_fit() {
        let sizes = |plain, lookups| {
            let sets = FieldSets::of(&table(plain, lookups));
            let size = |names: &String| names.split(',').count();
            let sizes = |sets: &[String]| sets.iter().map(size).collect::<Vec<_>>();
            (size(&sets.first), sizes(&sets.plain), sizes(&sets.others), sets.calls())
        };
        assert_eq!(sizes(10, 5), (15, vec![], vec![], 1));
        assert_eq!(sizes(50, 0), (50, vec![], vec![], 1));
        assert_eq!(sizes(60, 5), (50, vec![15], vec![], 2));
        assert_eq!(sizes(120, 60), (50, vec![49, 49, 22], vec![10], 6));
        assert_eq!(sizes(0, 0), (1, vec![], vec![], 1));
    }
}
