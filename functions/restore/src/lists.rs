//! `GET restores` and `GET restores/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, NextPage, Params, read_page_token, read_per_page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::begin::{find, zone};
use crate::out::{RestoreEnvelope, RestoreOut, restore_out};
use crate::ports::RestorePorts;

const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RestoresQuery {
    /// Restores per page, 1 to 100. Defaults to 20.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RestoresEnvelope {
    restores: Vec<RestoreOut>,
    info: NextPage,
}

/// Lists restores, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/restores",
    operation_id = "list_restores",
    tag = "restores",
    params(RestoresQuery),
    responses((status = 200, description = "The requested page", body = RestoresEnvelope)),
)]
pub async fn list(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Params(query): Params<RestoresQuery>,
) -> Result<Json<RestoresEnvelope>, ApiError> {
    let per_page = read_per_page(query.per_page.as_deref(), PER_PAGE, MAX_PER_PAGE)?;
    let before = read_page_token(&["restores"], query.page_token.as_deref())?;
    let zone = zone(&ports, caller.org).await?;
    let mut found = ports.restores.restores(caller.org, before, per_page + 1).await?;
    let has_more = found.len() > per_page;
    found.truncate(per_page);
    let info = NextPage::at(&["restores"], found.last().map(|restore| restore.id).filter(|_| has_more))?;
    let mut restores = Vec::new();
    for restore in found {
        restores.push(restore_out(&ports, restore, zone).await?);
    }
    Ok(Json(RestoresEnvelope { restores, info }))
}

/// Reads a restore.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/restores/{id}",
    operation_id = "get_restore",
    tag = "restores",
    params(("id" = String, Path, description = "The restore")),
    responses((status = 200, description = "The restore", body = RestoreEnvelope)),
)]
pub async fn get(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<RestoreEnvelope>, ApiError> {
    let (restore, zone) = (find(&ports, caller.org, &id).await?, zone(&ports, caller.org).await?);
    Ok(Json(RestoreEnvelope { restore: restore_out(&ports, restore, zone).await? }))
}
