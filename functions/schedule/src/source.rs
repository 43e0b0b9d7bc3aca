//! `GET backup/source`: the CRM that is backed up.

use axum::Json;
use axum::extract::State;
use hozon_shared::api::closed_sets::{ConnectionKind, LeftOutReason};
use hozon_shared::api::{Administrator, ApiError};
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::SourceInfo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

#[derive(Serialize, ToSchema)]
pub struct SourceEnvelope {
    source: SourceOut,
}

/// The CRM that is backed up.
#[derive(Serialize, ToSchema)]
struct SourceOut {
    /// Kind of the source.
    #[schema(value_type = ConnectionKind)]
    kind: String,
    /// One sentence that says which state of the CRM a backup shows.
    consistency: String,
    /// Number of records in the modules that are backed up.
    rows: u64,
    /// Number of attachments in the modules that are backed up.
    attachments: u64,
    /// Total size of those attachments.
    attachment_bytes: u64,
    /// All modules, including those that backups leave out.
    modules: Vec<ModuleOut>,
}

#[derive(Serialize, ToSchema)]
struct ModuleOut {
    api_name: String,
    label: String,
    rows: u64,
    attachments: u64,
    /// Null for modules that are backed up.
    #[schema(value_type = Option<LeftOutReason>)]
    left_out: Option<DataCategory>,
}

/// Reads the size and modules of the CRM.
///
/// Of a connected CRM this is what was captured last; nothing before the first backup.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/source",
    operation_id = "get_source",
    tag = "overview",
    responses((status = 200, description = "The source", body = SourceEnvelope)),
)]
pub async fn handle(State(app): State<App>, Administrator(caller): Administrator) -> Result<Json<SourceEnvelope>, ApiError> {
    let (info, modules) = next_source(&app, caller.org).await?;
    let sum = |count: fn(&Module) -> u64| modules.iter().filter(|module| module.contents == DataCategory::Crm).map(count).sum();
    let source = SourceOut {
        kind: info.kind,
        consistency: info.consistency,
        rows: sum(|module| module.rows),
        attachments: sum(|module| module.attachments),
        attachment_bytes: sum(|module| module.attachment_bytes),
        modules: modules.iter().map(module_out).collect(),
    };
    Ok(Json(SourceEnvelope { source }))
}

/// Describes the source of the next backup, with the modules as they are known now.
async fn next_source(app: &App, org: OrgId) -> Result<(SourceInfo, Vec<Module>), ApiError> {
    let connection = app.ports.connections.connection(org).await?;
    Ok(match connection.filter(|connection| connection.source.is_captured()) {
        None => (SourceInfo::native(), app.ports.catalogue.modules(org).await?),
        Some(connection) => {
            let consistency = "Each backup shows one snapshot of the whole database.".to_owned();
            let info = SourceInfo { kind: connection.source.kind().to_owned(), consistency };
            (info, app.ports.catalogue.captured(org).await?)
        }
    })
}

fn module_out(module: &Module) -> ModuleOut {
    ModuleOut {
        api_name: module.api_name.clone(),
        label: module.label.clone(),
        rows: module.rows,
        attachments: module.attachments,
        left_out: Some(module.contents).filter(|contents| *contents != DataCategory::Crm),
    }
}
