//! `GET backup/allowance`: the used and remaining backups, and the date of renewal.

use axum::Json;
use axum::extract::State;
use hozon_shared::allowance::AllowanceState;
use hozon_shared::api::{Administrator, AllowanceOut, ApiError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::Billing;

#[derive(Serialize, ToSchema)]
pub struct AllowanceEnvelope {
    allowance: AllowanceOut,
}

/// Reads the allowance: used and remaining backups, and the date of renewal.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/allowance",
    operation_id = "get_allowance",
    tag = "overview",
    responses((status = 200, description = "The allowance", body = AllowanceEnvelope)),
)]
pub async fn handle(
    State(billing): State<Billing>,
    Administrator(caller): Administrator,
) -> Result<Json<AllowanceEnvelope>, ApiError> {
    let (ports, now) = (&billing.ports, billing.ports.clock.now());
    let organisation = billing.organisation(caller.org).await?;
    let state = AllowanceState::read(&*ports.accounts, &*ports.purchases, &organisation, now).await?;
    Ok(Json(AllowanceEnvelope { allowance: AllowanceOut::of(state, &billing.terms, &organisation, now) }))
}
