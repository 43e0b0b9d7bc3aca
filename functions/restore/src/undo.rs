//! `POST restores/{id}/actions/undo`: a restore that brings back what another one has found.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, Once};
use hozon_shared::domain::restore::{RestorePolicy, RestoreSelection};
use hozon_shared::snapshots::of_restore::snapshot_before;

use crate::begin::find;
use crate::out::RestoreEnvelope;
use crate::ports::RestorePorts;
use crate::request::{WantedRestore, created};

/// Asks for a restore that undoes another one: what that one has written becomes as it was before.
///
/// It is planned and confirmed as every restore. Records that were created are deleted, so that the confirmation names their number.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/restores/{id}/actions/undo",
    operation_id = "undo_restore",
    tag = "restores",
    params(("id" = String, Path, description = "The restore to undo")),
    responses((status = 201, description = "The plan is being made", body = RestoreEnvelope)),
)]
pub async fn undo(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    once: Once,
) -> Result<(StatusCode, Json<RestoreEnvelope>), ApiError> {
    let undone = find(&ports, caller.org, &id).await?;
    if !undone.can_be_undone() {
        return Err(ApiError::not_allowed("Only a restore that has written, has ended and was not undone can be undone."));
    }
    let snapshot = snapshot_before(&*ports.objects, caller.org, undone.id).await?.ok_or_else(ApiError::snapshot_gone)?;
    let (selection, policy) = (RestoreSelection::Everything {}, RestorePolicy { change: true, delete: true });
    let (backup, target, undone) = (undone.backup, undone.target, Some(undone.id));
    let wanted = WantedRestore { backup, undone, target, selection, policy, create: false, snapshot };
    created(&ports, &caller, &once, wanted).await
}
