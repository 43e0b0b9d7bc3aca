//! `GET` and `POST erasures`, and what can be done with one: records are erased from everything that is kept of backups. Another function does
//! the work.

pub mod actions;
mod remakes;
mod representation;
mod request;
pub mod statement;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, Body, Once, Params, read_per_page};
use hozon_shared::domain::change;
use hozon_shared::domain::erasure::Erasure;
use hozon_shared::domain::event::ErasureStep;
use hozon_shared::domain::id::{ErasureId, EventId, OrgId};
use hozon_shared::domain::organisation::Organisation;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use remakes::Remakes;
use representation::ErasureOut;
use request::ErasureRequest;

use crate::ports::ActivityPorts;

const MAX_PER_PAGE: usize = 100;

#[derive(Serialize, ToSchema)]
pub struct ErasureEnvelope {
    erasure: ErasureOut,
}

#[derive(Serialize, ToSchema)]
pub struct ErasuresEnvelope {
    erasures: Vec<ErasureOut>,
    info: ErasuresPage,
}

/// The position of a page within the list of erasures.
#[derive(Serialize, ToSchema)]
struct ErasuresPage {
    per_page: usize,
    count: usize,
    more_records: bool,
    /// Token of the next page; null at the end.
    next_page_token: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErasuresQuery {
    /// Erasures per page, 1 to 100. Defaults to 20.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

/// Requests the erasure of records.
///
/// It is looked for what is kept of them, in the captured data of all backups. Nothing is erased before the number of records is confirmed.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/erasures",
    operation_id = "request_erasure",
    tag = "erasures",
    request_body = ErasureRequest,
    responses((status = 201, description = "Requested; it is being prepared", body = ErasureEnvelope)),
)]
pub async fn add(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<ErasureEnvelope>), ApiError> {
    let (wanted, zips) = request::read(&body)?;
    let organisation = organisation(&ports, caller.org).await?;
    let now = ports.clock.now();
    let id = ErasureId(ports.ids.next(now));
    // The document comes first: an erasure that is visible has one. Without an erasure it is never read.
    wanted.keep(&*ports.objects, (caller.org, id)).await?;
    let erasure = Erasure::requested((caller.org, id), caller.person.clone(), zips, now);
    let answer = ErasureEnvelope { erasure: ErasureOut::new(&erasure, &organisation) };
    let event = EventId(ports.ids.next(now));
    let mut changes = change::erasure(erasure.clone(), ErasureStep::Requested, &caller.person, now, event);
    changes.extend(once.answer(StatusCode::CREATED, &answer));
    ports.store.commit(caller.org, changes).await?;
    // Should it not start, the sweep starts it later.
    ports.erasing.start(&erasure).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Lists erasures, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/erasures",
    operation_id = "list_erasures",
    tag = "erasures",
    params(ErasuresQuery),
    responses((status = 200, description = "The requested page", body = ErasuresEnvelope)),
)]
pub async fn list(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Params(query): Params<ErasuresQuery>,
) -> Result<Json<ErasuresEnvelope>, ApiError> {
    let per_page = read_per_page(query.per_page.as_deref(), 20, MAX_PER_PAGE)?;
    let before = query.page_token.as_deref().map(str::parse).transpose();
    let message = "Set page_token to the next_page_token of the page before.";
    let before: Option<ErasureId> = before.map_err(|_| ApiError::invalid_param("page_token", message))?;
    let organisation = organisation(&ports, caller.org).await?;
    let mut found = ports.erasures.erasures(caller.org, before, per_page + 1).await?;
    let more_records = found.len() > per_page;
    found.truncate(per_page);
    let next_page_token = found.last().filter(|_| more_records).map(|last| last.id.to_string());
    let info = ErasuresPage { per_page, count: found.len(), more_records, next_page_token };
    let erasures = found.iter().map(|erasure| ErasureOut::new(erasure, &organisation)).collect();
    Ok(Json(ErasuresEnvelope { erasures, info }))
}

/// Reads an erasure.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/erasures/{id}",
    operation_id = "get_erasure",
    tag = "erasures",
    params(("id" = String, Path, description = "The erasure")),
    responses((status = 200, description = "The erasure", body = ErasureEnvelope)),
)]
pub async fn get(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<ErasureEnvelope>, ApiError> {
    let erasure = find(&ports, caller.org, &id).await?;
    answer(&ports, &erasure).await
}

async fn find(ports: &ActivityPorts, org: OrgId, id: &str) -> Result<Erasure, ApiError> {
    let id: ErasureId = id.parse().map_err(|_| ApiError::not_found())?;
    ports.erasures.erasure(org, id).await?.ok_or_else(ApiError::not_found)
}

async fn organisation(ports: &ActivityPorts, org: OrgId) -> Result<Organisation, ApiError> {
    ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)
}

async fn answer(ports: &ActivityPorts, erasure: &Erasure) -> Result<Json<ErasureEnvelope>, ApiError> {
    let organisation = organisation(ports, erasure.org).await?;
    let remakes = Remakes::after(&*ports.store, erasure).await?;
    Ok(Json(ErasureEnvelope { erasure: ErasureOut::new(erasure, &organisation).with(remakes) }))
}
