//! `POST erasures/{id}/actions/confirm` and `cancel`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, Body, Once};
use hozon_shared::domain::change;
use hozon_shared::domain::erasure::{Erasure, ErasureStatus, PendingFor};
use hozon_shared::domain::event::ErasureStep;
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::erasing::WantedDocument;
use hozon_shared::ports::{ErrorKind, PortError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ErasureEnvelope, answer, find};
use crate::ports::ActivityPorts;

/// Number of erasures among which those that wait for the end of a hold are looked for.
const NEWEST: usize = 1_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureConfirmation {
    /// Number of records, as the erasure says it.
    records: u64,
}

/// Confirms an erasure by the number of its records. It begins then, and cannot be undone.
///
/// A repeated call has no second effect.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/erasures/{id}/actions/confirm",
    operation_id = "confirm_erasure",
    tag = "erasures",
    params(("id" = String, Path, description = "The erasure")),
    request_body = ErasureConfirmation,
    responses((status = 200, description = "It is being carried out", body = ErasureEnvelope)),
)]
pub async fn confirm(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
    Body(body): Body,
) -> Result<Json<ErasureEnvelope>, ApiError> {
    let ErasureConfirmation { records } = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let erasure = find(&ports, caller.org, &id).await?;
    check_confirmation(&erasure, records)?;
    if erasure.status != ErasureStatus::Planned {
        // The answer may name records, and is not kept.
        if let Some(carried_out) = once.answer_with_secret(StatusCode::OK) {
            ports.store.commit(caller.org, vec![carried_out]).await?;
        }
        return answer(&ports, &erasure).await;
    }
    let confirmed = erasure.confirm(ports.clock.now()).map_err(|_| changed_meanwhile())?;
    let confirmed = store(&ports, &caller, confirmed, ErasureStep::Confirmed, &once).await?;
    ports.erasing.start(&confirmed).await?;
    answer(&ports, &confirmed).await
}

fn check_confirmation(erasure: &Erasure, records: u64) -> Result<(), ApiError> {
    match erasure.status {
        ErasureStatus::Preparing => {
            Err(ApiError::not_allowed("The erasure is still being prepared. Confirm it when it is planned."))
        }
        ErasureStatus::Cancelled | ErasureStatus::Failed => {
            Err(ApiError::not_allowed("The erasure has ended. Request another one."))
        }
        _ if records != erasure.planned_records() => {
            let message = format!("Set records to {}, which is the number that was found.", erasure.planned_records());
            Err(ApiError::invalid_data("records", "$.records", message))
        }
        _ if records == 0 => Err(ApiError::not_allowed("Nothing is kept of these records, so that there is nothing to erase.")),
        _ => Ok(()),
    }
}

/// Cancels an erasure that was not confirmed. A repeated call has no second effect.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/erasures/{id}/actions/cancel",
    operation_id = "cancel_erasure",
    tag = "erasures",
    params(("id" = String, Path, description = "The erasure")),
    responses((status = 200, description = "Cancelled", body = ErasureEnvelope)),
)]
pub async fn cancel(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<ErasureEnvelope>, ApiError> {
    let mut erasure = find(&ports, caller.org, &id).await?;
    if erasure.status != ErasureStatus::Cancelled {
        let message = "The erasure was confirmed or has ended, so that it cannot be cancelled.";
        let cancelled = erasure.cancel(ports.clock.now()).map_err(|_| ApiError::not_allowed(message))?;
        erasure = store(&ports, &caller, cancelled, ErasureStep::Cancelled, &once).await?;
    }
    WantedDocument::forget(&*ports.objects, (caller.org, erasure.id)).await?;
    answer(&ports, &erasure).await
}

/// Stores an erasure with the event of its step. The answer names records, and is not kept.
async fn store(
    ports: &ActivityPorts,
    caller: &Caller,
    erasure: Erasure,
    step: ErasureStep,
    once: &Once,
) -> Result<Erasure, ApiError> {
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let mut changes = change::erasure(erasure.clone(), step, &caller.person, now, event);
    changes.extend(once.answer_with_secret(StatusCode::OK));
    match ports.store.commit(caller.org, changes).await {
        Ok(()) => Ok(Erasure { version: erasure.version + 1, ..erasure }),
        Err(error) if error.kind == ErrorKind::Conflict => Err(changed_meanwhile()),
        Err(error) => Err(error.into()),
    }
}

fn changed_meanwhile() -> ApiError {
    ApiError::not_allowed("The erasure was changed meanwhile. Read it again.")
}

/// Tries erasures again at once that wait for the end of a hold, because one was lifted.
pub async fn try_held_again(ports: &ActivityPorts, org: OrgId) -> Result<(), PortError> {
    for erasure in ports.erasures.erasures(org, None, NEWEST).await? {
        let waits = erasure.status == ErasureStatus::Pending
            && erasure.obstacle.is_some_and(|obstacle| obstacle.reason == PendingFor::Hold);
        if waits {
            match ports.erasing.start_again(erasure).await {
                // It was changed meanwhile: somebody else has started it.
                Err(error) if error.kind == ErrorKind::Conflict => {}
                other => other?,
            }
        }
    }
    Ok(())
}
