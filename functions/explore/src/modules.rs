//! `GET backup/{id}/modules`: the modules of a backup with their fields.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, LocalTime, local_time};
use hozon_shared::domain::crm::Module;
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::shown::{ExploredField, kept_fields};

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
    let fields = kept_fields(&module).into_iter().map(ExploredField::from).collect();
    let Module { api_name, label, rows, attachments, attachment_bytes, key, .. } = module;
    ExploredModule { api_name, label, rows, attachments, attachment_bytes, key, fields }
}
