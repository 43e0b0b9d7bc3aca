//! `POST restores/{id}/actions/confirm` and `…/cancel`.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, Body};
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::restore::{Restore, RestoreStatus, RestoreTransitionError, cancel_restore, confirm_restore};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::of_restore::{snapshot_before, snapshot_wanted};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::begin::{find, require_free, start, writable, zone};
use crate::out::{RestoreEnvelope, restore_out, written};
use crate::ports::RestorePorts;

/// Attempts to change a restore while others change it, too.
const ATTEMPTS: usize = 10;

/// Confirms a plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// The number of records that the plan deletes.
    deletes: u64,
}

/// Confirms the plan of a restore. Records are written from then on.
///
/// A record that is not as the plan has seen it any more is left, and reported.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/restores/{id}/actions/confirm",
    operation_id = "confirm_restore",
    tag = "restores",
    params(("id" = String, Path, description = "The restore")),
    request_body = ConfirmBody,
    responses((status = 200, description = "Confirmed", body = RestoreEnvelope)),
)]
pub async fn confirm(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    Body(body): Body,
) -> Result<Json<RestoreEnvelope>, ApiError> {
    let ConfirmBody { deletes } = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let restore = find(&ports, caller.org, &id).await?;
    if writable(&ports, caller.org, restore.target).await?.id != restore.connection {
        return Err(ApiError::not_allowed("The connection was changed after the plan was made. Plan the restore again."));
    }
    if restore.status == RestoreStatus::Planned && !is_kept(&ports, &restore).await? {
        return Err(ApiError::snapshot_gone());
    }
    let (org, now) = (caller.org, ports.clock.now());
    let times = (now, ports.run_length);
    let changes = confirm_restore(restore, deletes, &caller.person, times, EventId(ports.ids.next(now))).map_err(refused)?;
    require_free(&ports, org).await?;
    match ports.store.commit(org, changes).await {
        Err(error) if error.kind == ErrorKind::Conflict => {
            require_free(&ports, org).await?;
            return Err(error.into());
        }
        other => other?,
    }
    let confirmed = find(&ports, org, &id).await?;
    start(&ports, confirmed.clone()).await?;
    answer(&ports, confirmed).await
}

/// Whether the snapshots are kept that the plan lies between.
async fn is_kept(ports: &RestorePorts, restore: &Restore) -> Result<bool, ApiError> {
    let now = snapshot_before(&*ports.objects, restore.org, restore.id).await?;
    Ok(now.is_some() && snapshot_wanted(&*ports.objects, restore).await?.is_some())
}

fn refused(error: RestoreTransitionError) -> ApiError {
    match error {
        RestoreTransitionError::Status(RestoreStatus::Planning) => ApiError::not_allowed("The plan is still being made."),
        RestoreTransitionError::Status(_) => ApiError::not_allowed("The restore was confirmed before, or has ended."),
        RestoreTransitionError::Deletes(deletes) => {
            let message = "Records are deleted. Confirm their number, which the details name.";
            ApiError::confirmation_required(message, json!({ "deletes": deletes }))
        }
        RestoreTransitionError::Hindered => ApiError::not_allowed(
            "The user of the connection may not write all modules. Grant what the plan names, and plan again.",
        ),
        RestoreTransitionError::Nothing => ApiError::not_allowed("The plan writes nothing."),
    }
}

/// Cancels a restore. What is written already stays, and can be undone.
///
/// A repeated call has no second effect.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/restores/{id}/actions/cancel",
    operation_id = "cancel_restore",
    tag = "restores",
    params(("id" = String, Path, description = "The restore")),
    responses((status = 200, description = "Cancelled", body = RestoreEnvelope)),
)]
pub async fn cancel(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<RestoreEnvelope>, ApiError> {
    for _ in 0..ATTEMPTS {
        let restore = find(&ports, caller.org, &id).await?;
        if restore.status == RestoreStatus::Cancelled {
            return answer(&ports, restore).await;
        }
        let (now, done) = (ports.clock.now(), written(&ports, &restore).await?);
        let cancelled = cancel_restore(restore, done, &caller.person, now, EventId(ports.ids.next(now)));
        let changes = cancelled.map_err(|_| ApiError::not_allowed("The restore has ended, so that it cannot be cancelled."))?;
        match ports.store.commit(caller.org, changes).await {
            Ok(()) | Err(PortError { kind: ErrorKind::Conflict, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "cancel a restore while others change it").into())
}

async fn answer(ports: &RestorePorts, restore: Restore) -> Result<Json<RestoreEnvelope>, ApiError> {
    let zone = zone(ports, restore.org).await?;
    Ok(Json(RestoreEnvelope { restore: restore_out(ports, restore, zone).await? }))
}
