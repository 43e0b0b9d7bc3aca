//! `GET backup/{id}/modules/{module}/records`: pages of records in the order of their ids.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, Params, invalid_token, page_token, read_page_token, read_per_page};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::lookup::title_fields;
use hozon_shared::snapshots::find::{FoundRow, id_text};
use hozon_shared::snapshots::records::RecordCells;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::shown::{ExploredField, cut, kept_fields, name_of, position_of};

const PER_PAGE: usize = 50;
const MAX_PER_PAGE: usize = 200;
/// Number of fields that are shown unless others are chosen.
const FIELDS: usize = 8;
const MAX_FIELDS: usize = 50;
/// Characters after which a cell is cut.
const CELL: usize = 300;
/// Size of a page in bytes after which it ends early. An answer of Lambda has at most 6 MB.
const MAX_PAGE_BYTES: usize = 3 << 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// API names of up to 50 fields, separated by commas. Defaults to eight that tell most.
    fields: Option<String>,
    /// Records per page, 1 to 200. Defaults to 50.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    per_page: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RecordsEnvelope {
    records: Vec<ListedRecord>,
    /// The fields that are shown, in the order of the values.
    fields: Vec<ExploredField>,
    info: RecordsPage,
}

#[derive(Serialize, ToSchema)]
struct ListedRecord {
    /// Identifies the record in its module.
    id: String,
    /// What the record is called, if one of its fields says it.
    name: Option<String>,
    /// A value for each field; null is NULL. One of more than 300 characters is cut and ends with `…`.
    values: Vec<Option<String>>,
}

/// The position of a page among the records.
#[derive(Serialize, ToSchema)]
struct RecordsPage {
    per_page: usize,
    count: usize,
    /// Number of records of the module.
    rows: u64,
    more_records: bool,
    /// Token of the next page; null on the last one.
    next_page_token: Option<String>,
}

/// The last row of a page.
#[derive(Serialize, Deserialize)]
struct LastRow {
    id: String,
    block: usize,
    hash: [u8; 8],
    nth: u32,
}

impl From<&FoundRow> for LastRow {
    fn from(row: &FoundRow) -> Self {
        Self { id: hex::encode(&row.id), block: row.block, hash: row.hash, nth: row.nth }
    }
}

impl LastRow {
    fn row(self) -> Option<FoundRow> {
        let Self { id, block, hash, nth } = self;
        Some(FoundRow { id: hex::decode(id).ok()?, block, hash, nth })
    }
}

/// Lists the records of a module in the order of their ids.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/modules/{module}/records",
    operation_id = "list_records",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The backup"),
        ("module" = String, Path, description = "API name of the module"),
        RecordsQuery,
    ),
    responses((status = 200, description = "A page of records", body = RecordsEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id, api_name)): Path<(String, String, String)>,
    Params(query): Params<RecordsQuery>,
) -> Result<Json<RecordsEnvelope>, ApiError> {
    let opened = OpenedBackup::open(&ports, caller.org, &id).await?;
    let stored = opened.module(&ports, &api_name).await?;
    let per_page = read_per_page(query.per_page.as_deref(), PER_PAGE, MAX_PER_PAGE)?;
    let columns = chosen(&stored.module, query.fields.as_deref())?;
    let question = [id.as_str(), api_name.as_str()];
    let behind: Option<LastRow> = read_page_token(&question, query.page_token.as_deref())?;
    let behind = behind.map(|last| last.row().ok_or_else(invalid_token)).transpose()?;
    ports.look(&caller, opened.backup.id, LookedAt::Records { module: api_name.clone() }).await?;
    let reader = opened.reader(&ports);
    let mut rows = reader.page(&stored, behind.as_ref(), per_page + 1).await.map_err(ApiError::unless_gone)?;
    let mut more_records = rows.len() > per_page;
    rows.truncate(per_page);
    let cells = reader.rows(&stored, &rows).await.map_err(ApiError::unless_gone)?;
    let (mut records, mut bytes) = (Vec::new(), 0);
    for (row, cells) in rows.iter().zip(&cells) {
        let record = listed(&stored.module, row, cells, &columns);
        bytes += record.values.iter().flatten().map(String::len).sum::<usize>();
        if bytes > MAX_PAGE_BYTES && !records.is_empty() {
            more_records = true;
            break;
        }
        records.push(record);
    }
    let last = records.len().checked_sub(1).and_then(|last| rows.get(last)).filter(|_| more_records);
    let next_page_token = last.map(|row| page_token(&question, LastRow::from(row))).transpose()?;
    let kept = kept_fields(&stored.module);
    let fields = columns.iter().map(|at| ExploredField::from(kept[*at])).collect();
    let info = RecordsPage { per_page, count: records.len(), rows: stored.module.rows, more_records, next_page_token };
    Ok(Json(RecordsEnvelope { records, fields, info }))
}

fn listed(module: &Module, row: &FoundRow, cells: &RecordCells, columns: &[usize]) -> ListedRecord {
    let value = |at: &usize| cells.get(*at)?.as_deref().map(|cell| cut(cell, CELL).0);
    ListedRecord { id: id_text(module, &row.id), name: name_of(module, cells), values: columns.iter().map(value).collect() }
}

/// Returns the positions of the chosen fields among those that the backup contains.
fn chosen(module: &Module, fields: Option<&str>) -> Result<Vec<usize>, ApiError> {
    let kept = kept_fields(module);
    let Some(fields) = fields else { return Ok(telling(module)) };
    let names: Vec<&str> = fields.split(',').map(str::trim).collect();
    let position = |name: &&str| kept.iter().position(|field| field.api_name == **name);
    let found: Option<Vec<usize>> = names.iter().map(position).collect();
    found.filter(|found| found.len() <= MAX_FIELDS).ok_or_else(|| {
        ApiError::invalid_param("fields", format!("Set fields to API names of up to {MAX_FIELDS} fields of the module."))
    })
}

/// The key, what may name a record, and then the first other fields.
fn telling(module: &Module) -> Vec<usize> {
    let position = |name: &String| module.fields.iter().position(|field| field.api_name == *name);
    let first = module.key.iter().filter_map(position).chain(title_fields(module)).filter_map(|at| position_of(module, at));
    let mut found = Vec::new();
    for at in first.chain(0..kept_fields(module).len()) {
        if !found.contains(&at) && found.len() < FIELDS {
            found.push(at);
        }
    }
    found
}
