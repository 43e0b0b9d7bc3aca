//! `POST drills`, `GET drills/{id}` and `POST drills/{id}/actions/cancel`: a drill of a backup is requested, its result is read, and it is
//! cancelled.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, Body, Once};
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::connection::{Connection, ConnectionRole};
use hozon_shared::domain::drill::{Drill, DrillRequest, DrillStatus, cancel_drill, fail_drill, request_drill};
use hozon_shared::domain::id::{DrillId, EventId, OrgId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::drilled::DrillFiles;
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::restore_start::start_drill;
use hozon_shared::snapshots::document::Snapshot;
use hozon_shared::snapshots::of_backup::snapshot_of;
use hozon_shared::stored::find_backup;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::begin::{writable, zone};
use crate::drill_out::{DrillEnvelope, DrillOut};
use crate::ports::RestorePorts;

/// Attempts to change a drill while others change it or its backup, too.
const ATTEMPTS: usize = 10;

/// What to drill.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillBody {
    /// The backup that is restored and compared.
    #[schema(example = "554023000000408001")]
    backup: String,
}

/// Requests a drill: the backup is restored into the restore target, read again, and compared.
///
/// Everything in the restore target is deleted first, unless it has something that no drill has made: then the drill fails. Read the drill until
/// its status is not `RUNNING`.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/drills",
    operation_id = "request_drill",
    tag = "restores",
    request_body = DrillBody,
    responses((status = 201, description = "The drill is requested", body = DrillEnvelope)),
)]
pub async fn create(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<DrillEnvelope>), ApiError> {
    let body: DrillBody = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let backup = find_backup(&*ports.store, caller.org, &body.backup).await?.ok_or_else(ApiError::backup_not_found)?;
    if backup.status != BackupStatus::Completed {
        return Err(ApiError::not_allowed("The backup is not completed, so that it has nothing to restore."));
    }
    let snapshot = snapshot_of(&*ports.objects, caller.org, backup.id).await?.ok_or_else(ApiError::snapshot_gone)?;
    let target = drill_target(&ports, caller.org).await?;
    requested(&ports, &caller, &once, (backup, snapshot), &target).await
}

/// The restore target, if it is there for drills. Where the CRM is a database, it is of the same kind.
async fn drill_target(ports: &RestorePorts, org: OrgId) -> Result<Connection, ApiError> {
    let own = ports.connections.connection(org).await?.filter(|own| own.source.database().is_some());
    let target = writable(ports, org, ConnectionRole::RestoreTarget).await?;
    if !target.drills {
        let message = "The restore target is not there for drills. Allow drills to delete everything in it first.";
        return Err(ApiError::not_allowed(message));
    }
    if own.is_some_and(|own| target.source.kind() != own.source.kind()) {
        return Err(ApiError::not_allowed("The restore target is another kind of database than the CRM's."));
    }
    Ok(target)
}

/// Stores a drill together with the answer, and starts it.
async fn requested(
    ports: &RestorePorts,
    caller: &Caller,
    once: &Once,
    (backup, snapshot): (Backup, Snapshot),
    target: &Connection,
) -> Result<(StatusCode, Json<DrillEnvelope>), ApiError> {
    let (org, now, zone) = (caller.org, ports.clock.now(), zone(ports, caller.org).await?);
    require_no_drill(ports, org).await?;
    let (id, requester, taken) = (DrillId(ports.ids.next(now)), caller.person.clone(), snapshot.taken);
    let request = DrillRequest { org, id, requester, is_automatic: false, backup: backup.id, taken, target: target.id };
    let drill = Drill::requested(request, now, ports.run_length);
    let answer = DrillEnvelope { drill: DrillOut::of(&drill, None, zone) };
    let mut changes = request_drill(drill.clone(), backup, EventId(ports.ids.next(now)));
    changes.extend(once.answer(StatusCode::CREATED, &answer));
    match ports.store.commit(org, changes).await {
        // Another one was requested at the same time.
        Err(error) if error.kind == ErrorKind::Conflict => {
            require_no_drill(ports, org).await?;
            return Err(error.into());
        }
        other => other?,
    }
    if let Err(error) = start_drill(&*ports.workflow, &drill).await {
        let message = "The drill could not be started. Try again in a minute.";
        fail(ports, Drill { version: 1, ..drill }, Failure::new("DRILL_NOT_STARTED", message)).await?;
        once.retract(&ports.once, org).await?;
        return Err(error.into());
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Fails if another drill works. One that is overdue is failed.
async fn require_no_drill(ports: &RestorePorts, org: OrgId) -> Result<(), ApiError> {
    for drill in ports.drills.drills(org, None, 1).await?.into_iter().filter(Drill::is_active) {
        if !drill.is_overdue(ports.clock.now()) {
            return Err(ApiError::drill_in_progress(drill.id));
        }
        fail(ports, drill, Failure::new("DRILL_SILENT", "The drill did not end in time.")).await?;
    }
    Ok(())
}

async fn fail(ports: &RestorePorts, drill: Drill, failure: Failure) -> Result<(), ApiError> {
    let (org, now) = (drill.org, ports.clock.now());
    let backup = ports.store.backup(org, drill.backup).await?;
    let changes = fail_drill(drill, backup, failure, now, EventId(ports.ids.next(now)));
    let changes = changes.map_err(|error| PortError::with(ErrorKind::Conflict, "fail a drill", error))?;
    Ok(ports.store.commit(org, changes).await?)
}

/// Reads a drill with its result, module by module.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/drills/{id}",
    operation_id = "get_drill",
    tag = "restores",
    params(("id" = String, Path, description = "The drill")),
    responses((status = 200, description = "The drill", body = DrillEnvelope)),
)]
pub async fn get(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<DrillEnvelope>, ApiError> {
    let drill = find(&ports, caller.org, &id).await?;
    answer(&ports, &drill).await
}

/// Cancels a drill, which then says nothing about the backup.
///
/// A drill that has begun ends in a moment: read it until its status is not `RUNNING`. A repeated call has no second effect.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/drills/{id}/actions/cancel",
    operation_id = "cancel_drill",
    tag = "restores",
    params(("id" = String, Path, description = "The drill")),
    responses((status = 200, description = "Cancelled, or about to be", body = DrillEnvelope)),
)]
pub async fn cancel(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<DrillEnvelope>, ApiError> {
    for _ in 0..ATTEMPTS {
        let drill = find(&ports, caller.org, &id).await?;
        if drill.status == DrillStatus::Cancelled || drill.is_cancelling() {
            return answer(&ports, &drill).await;
        }
        let (now, backup) = (ports.clock.now(), ports.store.backup(caller.org, drill.backup).await?);
        let changes = cancel_drill(drill, backup, &caller.person, now, EventId(ports.ids.next(now)));
        let changes = changes.map_err(|_| ApiError::not_allowed("The drill has ended, so that it cannot be cancelled."))?;
        match ports.store.commit(caller.org, changes).await {
            Ok(()) | Err(PortError { kind: ErrorKind::Conflict, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "cancel a drill while others change it").into())
}

/// Returns a drill by its id.
async fn find(ports: &RestorePorts, org: OrgId, id: &str) -> Result<Drill, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    ports.drills.drill(org, id).await?.ok_or_else(ApiError::not_found)
}

async fn answer(ports: &RestorePorts, drill: &Drill) -> Result<Json<DrillEnvelope>, ApiError> {
    let work = match drill.totals {
        Some(_) => DrillFiles { objects: &*ports.objects, org: drill.org, id: drill.id }.work().await?,
        None => None,
    };
    Ok(Json(DrillEnvelope { drill: DrillOut::of(drill, work, zone(ports, drill.org).await?) }))
}
