//! `GET backup/{id}/modules`: the modules of a backup with their fields.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, LocalTime, local_time};
use hozon_shared::domain::crm::{DataCategory, Field, Module};
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;

#[derive(Serialize, ToSchema)]
pub struct ModulesEnvelope {
    modules: Vec<ExploredModule>,
    /// When the state began that the backup shows.
    taken: LocalTime,
}

/// A module that can be looked into.
#[derive(Serialize, ToSchema)]
struct ExploredModule {
    #[schema(example = "Leads")]
    api_name: String,
    label: String,
    rows: u64,
    attachments: u64,
    attachment_bytes: u64,
    /// API names of the fields that identify a record; empty if nothing does.
    key: Vec<String>,
    fields: Vec<ExploredField>,
}

/// A field that the backup contains.
#[derive(Serialize, ToSchema)]
pub struct ExploredField {
    #[schema(example = "Last_Name")]
    api_name: String,
    label: String,
    /// The CRM's own name of the type.
    #[schema(example = "text")]
    data_type: String,
}

/// Lists the modules of a backup, in the CRM's order.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/modules",
    operation_id = "list_modules",
    tag = "explore",
    params(("id" = String, Path, description = "The backup")),
    responses((status = 200, description = "The modules", body = ModulesEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<ModulesEnvelope>, ApiError> {
    let opened = OpenedBackup::open(&ports, caller.org, &id).await?;
    let modules = opened.modules(&ports).await?.into_iter().map(|stored| module(stored.module)).collect();
    let taken = local_time(opened.snapshot.taken, opened.organisation.time_zone);
    Ok(Json(ModulesEnvelope { modules, taken }))
}

fn module(module: Module) -> ExploredModule {
    let fields = module.fields.into_iter().filter(|field| field.contents == DataCategory::Crm).map(ExploredField::from).collect();
    let Module { api_name, label, rows, attachments, attachment_bytes, key, .. } = module;
    ExploredModule { api_name, label, rows, attachments, attachment_bytes, key, fields }
}

impl From<Field> for ExploredField {
    fn from(Field { api_name, label, data_type, .. }: Field) -> Self {
        Self { api_name, label, data_type }
    }
}
