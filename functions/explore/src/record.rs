//! `GET backup/{id}/modules/{module}/records/{record}`: one record with all its fields, and what its lookups lead to.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, LocalTime, local_time};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::lookup::{Lookup, LookupTarget, lookups};
use hozon_shared::snapshots::find::{FoundRow, RecordReader, id_of_text};
use hozon_shared::snapshots::reader::StoredModule;
use hozon_shared::snapshots::records::RecordCells;
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::shown::{ModuleName, cut, kept_fields, name_of, position_of};

/// Characters after which a value is cut.
const VALUE: usize = 50_000;
/// Size of all values in bytes after which all further values are cut to nothing. An answer of Lambda has at most 6 MB.
const MAX_BYTES: usize = 3 << 20;
/// Number of lookups that are followed.
const MAX_LOOKUPS: usize = 40;

#[derive(Serialize, ToSchema)]
pub struct RecordEnvelope {
    record: ExploredRecord,
}

/// A record with all its fields.
#[derive(Serialize, ToSchema)]
struct ExploredRecord {
    id: String,
    /// What the record is called, if one of its fields says it.
    name: Option<String>,
    module: ModuleName,
    /// When the state began that the backup shows.
    taken: LocalTime,
    /// Number of records of the module with this id; this is the first.
    same_id: usize,
    /// Whether the module has attachments at all.
    module_has_attachments: bool,
    fields: Vec<FieldValue>,
}

/// A field of a record.
#[derive(Serialize, ToSchema)]
struct FieldValue {
    api_name: String,
    label: String,
    #[schema(example = "text")]
    data_type: String,
    /// Null is NULL.
    value: Option<String>,
    /// Whether the value is longer than what is shown.
    is_cut: bool,
    /// The record that the value is the id of; null if the field is no lookup.
    lookup: Option<LookupOut>,
}

/// A record to which a field refers.
#[derive(Serialize, ToSchema)]
struct LookupOut {
    module: ModuleName,
    id: String,
    /// What the record is called.
    name: Option<String>,
    /// Whether the backup has the record.
    exists: bool,
}

/// Reads a record with all its fields. The history records who has looked at it.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}",
    operation_id = "get_record",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The backup"),
        ("module" = String, Path, description = "API name of the module"),
        ("record" = String, Path, description = "Id of the record"),
    ),
    responses((status = 200, description = "The record", body = RecordEnvelope)),
)]
pub async fn get(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, backup, api_name, record)): Path<(String, String, String, String)>,
) -> Result<Json<RecordEnvelope>, ApiError> {
    let opened = OpenedBackup::open(&ports, caller.org, &backup).await?;
    let stored = opened.module(&ports, &api_name).await?;
    let reader = opened.reader(&ports);
    let found = find(&reader, &stored, &record).await?;
    let what = LookedAt::Record { module: api_name, record: record.clone() };
    ports.look(&caller, opened.backup.id, what).await?;
    let cells =
        reader.rows(&stored, &found[..1]).await.map_err(ApiError::unless_gone)?.pop().ok_or_else(ApiError::record_not_found)?;
    let modules = opened.modules(&ports).await?;
    let leads_to = Followed { reader: &reader, modules: &modules }.follow(&stored.module, &cells).await?;
    let record = ExploredRecord {
        id: record,
        name: name_of(&stored.module, &cells),
        module: ModuleName::from(&stored.module),
        taken: local_time(opened.snapshot.taken, opened.organisation.time_zone),
        same_id: found.len(),
        module_has_attachments: stored.module.attachments > 0,
        fields: fields(&stored.module, &cells, leads_to),
    };
    Ok(Json(RecordEnvelope { record }))
}

/// Finds the rows of a record; there is one at least.
pub async fn find(reader: &RecordReader, stored: &StoredModule, record: &str) -> Result<Vec<FoundRow>, ApiError> {
    let id = id_of_text(&stored.module, record).ok_or_else(ApiError::record_not_found)?;
    let found = reader.find(stored, &id).await.map_err(ApiError::unless_gone)?;
    if found.is_empty() { Err(ApiError::record_not_found()) } else { Ok(found) }
}

fn fields(module: &Module, cells: &RecordCells, mut leads_to: HashMap<usize, LookupOut>) -> Vec<FieldValue> {
    let mut bytes = 0;
    let shown = kept_fields(module).into_iter().zip(cells).enumerate().map(|(at, (field, cell))| {
        let limit = if bytes > MAX_BYTES { 0 } else { VALUE };
        let (value, is_cut) = cell.as_deref().map(|cell| cut(cell, limit)).unzip();
        bytes += value.as_deref().map_or(0, str::len);
        FieldValue {
            api_name: field.api_name.clone(),
            label: field.label.clone(),
            data_type: field.data_type.clone(),
            value,
            is_cut: is_cut.unwrap_or(false),
            lookup: leads_to.remove(&at),
        }
    });
    shown.collect()
}

/// Follows lookups to the records of a backup.
struct Followed<'a> {
    reader: &'a RecordReader,
    modules: &'a [StoredModule],
}

impl Followed<'_> {
    /// Returns what the lookups of a record lead to, by the positions of their ids among the cells.
    async fn follow(&self, module: &Module, cells: &RecordCells) -> Result<HashMap<usize, LookupOut>, ApiError> {
        let all: Vec<Module> = self.modules.iter().map(|stored| stored.module.clone()).collect();
        let mut by_module: BTreeMap<String, Vec<(usize, String, Option<String>)>> = BTreeMap::new();
        let cell = |field: usize| cells.get(position_of(module, field)?)?.clone().filter(|cell| !cell.is_empty());
        for Lookup { id, target, name } in lookups(module, &all).into_iter().take(MAX_LOOKUPS) {
            let target = match target {
                LookupTarget::Module(target) => Some(target),
                LookupTarget::NamedBy(named) => cell(named),
            };
            if let (Some(target), Some(value), Some(at)) = (target, cell(id), position_of(module, id)) {
                by_module.entry(target).or_default().push((at, value, name.and_then(cell)));
            }
        }
        let mut found = HashMap::new();
        for (target, wanted) in by_module {
            if let Some(stored) = self.modules.iter().find(|stored| stored.module.api_name == target) {
                self.follow_into(stored, wanted, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn follow_into(
        &self,
        stored: &StoredModule,
        wanted: Vec<(usize, String, Option<String>)>,
        found: &mut HashMap<usize, LookupOut>,
    ) -> Result<(), ApiError> {
        let ids: Vec<Vec<u8>> = wanted.iter().filter_map(|(_, id, _)| id_of_text(&stored.module, id)).collect();
        let mut rows = self.reader.find_all(stored, &ids).await.map_err(ApiError::unless_gone)?;
        rows.dedup_by(|a, b| a.id == b.id);
        let is_unnamed = |row: &FoundRow| wanted.iter().any(|(_, id, name)| id.as_bytes() == row.id && name.is_none());
        let unnamed: Vec<FoundRow> = rows.iter().filter(|row| is_unnamed(row)).cloned().collect();
        let read = self.reader.rows(stored, &unnamed).await.map_err(ApiError::unless_gone)?;
        let names: HashMap<Vec<u8>, Option<String>> =
            unnamed.into_iter().zip(&read).map(|(row, cells)| (row.id, name_of(&stored.module, cells))).collect();
        for (at, id, name) in wanted {
            let exists = rows.iter().any(|row| row.id == id.as_bytes());
            let name = name.or_else(|| names.get(id.as_bytes()).cloned().flatten());
            found.insert(at, LookupOut { module: ModuleName::from(&stored.module), id, name, exists });
        }
        Ok(())
    }
}
