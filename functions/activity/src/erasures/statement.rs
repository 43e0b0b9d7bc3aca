//! `GET erasures/{id}/statement`: the signed statement about an erasure.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{Administrator, ApiError};
use hozon_shared::erasing::erased_list_at;
use hozon_shared::ports::{ErrorKind, PortError, read_all};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, organisation};
use crate::ports::ActivityPorts;
use crate::statements::{StatementOut, linked};

#[derive(Serialize, ToSchema)]
pub struct ErasureStatementEnvelope {
    statement: StatementWithRecords,
}

/// The statement about an erasure.
#[derive(Serialize, ToSchema)]
struct StatementWithRecords {
    #[serde(flatten)]
    statement: StatementOut,
    /// The list of the records' keyed hashes, whose SHA-256 is `records_sha256` of the statement.
    records: String,
}

/// Reads the signed statement about an erasure, with the list of the erased records as keyed hashes.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/erasures/{id}/statement",
    operation_id = "get_erasure_statement",
    tag = "erasures",
    params(("id" = String, Path, description = "The erasure")),
    responses(
        (status = 200, description = "The statement", body = ErasureStatementEnvelope),
        (status = 204, description = "No statement: the erasure is not completed"),
    ),
)]
pub async fn of_erasure(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let erasure = find(&ports, caller.org, &id).await?;
    let Some(number) = erasure.statement else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let zone = organisation(&ports, caller.org).await?.time_zone;
    let statement = linked(&ports, caller.org, number, zone).await?;
    let list = read_all(&*ports.objects, &erased_list_at(caller.org, erasure.id)).await?;
    let records = String::from_utf8(list.to_vec())
        .map_err(|error| PortError::with(ErrorKind::Corrupt, "read the list of erased records", error))?;
    Ok(Json(ErasureStatementEnvelope { statement: StatementWithRecords { statement, records } }).into_response())
}
