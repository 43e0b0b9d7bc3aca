//! `GET backup/retention`, and `PUT` and `DELETE backup/backups/{id}/hold`: what the kept snapshots of backups take, and legal holds.

use axum::Json;
use axum::extract::{Path, State};
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, LocalTime, PersonOut, local_time};
use hozon_shared::domain::change;
use hozon_shared::domain::hold::Hold;
use hozon_shared::domain::id::{BackupId, EventId, OrgId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::kept_bytes::{BackupBytes, KeptBytes};
use hozon_shared::snapshots::of_backup::snapshot_of;
use hozon_shared::stored::find_backup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::erasures::actions::try_held_again;
use crate::ports::ActivityPorts;

#[derive(Serialize, ToSchema)]
pub struct RetentionEnvelope {
    retention: RetentionOut,
}

/// What is kept of an organisation's captured data.
#[derive(Serialize, ToSchema)]
struct RetentionOut {
    /// What the kept snapshots take; null before the first backup has ended.
    kept: Option<KeptOut>,
    /// Legal holds, by backup, oldest first.
    holds: Vec<HoldOut>,
}

/// What the kept snapshots take. Data that several of them share is counted once.
#[derive(Serialize, ToSchema)]
struct KeptOut {
    /// When it was computed: after the last backup, or later.
    time: LocalTime,
    bytes: u64,
    /// The backups whose snapshots are kept, oldest first.
    backups: Vec<KeptBackupOut>,
}

#[derive(Serialize, ToSchema)]
struct KeptBackupOut {
    #[schema(example = "554023000000408001")]
    backup_id: String,
    /// Bytes that only this backup needs: what would be free without it.
    alone_bytes: u64,
}

/// A legal hold on a backup.
#[derive(Serialize, ToSchema)]
struct HoldOut {
    #[schema(example = "554023000000408001")]
    backup_id: String,
    held_time: LocalTime,
    held_by: PersonOut,
}

/// Reads what is kept of captured data, and which backups are held.
///
/// The retention rule is one of the settings.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/retention",
    operation_id = "get_retention",
    tag = "downloads",
    responses((status = 200, description = "What is kept", body = RetentionEnvelope)),
)]
pub async fn read(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
) -> Result<Json<RetentionEnvelope>, ApiError> {
    answer(&ports, caller.org).await
}

/// Holds a backup: its captured data stays until the hold is lifted, whatever the retention rule says.
///
/// The zips expire as always. A repeated call has no second effect.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/backups/{id}/hold",
    operation_id = "hold_backup",
    tag = "downloads",
    params(("id" = String, Path, description = "The backup")),
    responses((status = 200, description = "Held", body = RetentionEnvelope)),
)]
pub async fn hold(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<RetentionEnvelope>, ApiError> {
    let backup = find_backup(&*ports.store, caller.org, &id).await?.ok_or_else(ApiError::not_found)?;
    require_snapshot(&ports, caller.org, backup.id).await?;
    let (at, by) = (ports.clock.now(), caller.person.clone());
    let event = EventId(ports.ids.next(at));
    let is_new = committed(ports.store.commit(caller.org, change::hold(Hold { backup: backup.id, at, by }, event)).await)?;
    if is_new && let Err(error) = confirm(&ports, caller.org, backup.id).await {
        lift(&ports, &caller, backup.id).await?;
        return Err(error);
    }
    answer(&ports, caller.org).await
}

/// Lifts the hold on a backup. A repeated call has no second effect.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/backups/{id}/hold",
    operation_id = "lift_hold",
    tag = "downloads",
    params(("id" = String, Path, description = "The backup")),
    responses((status = 200, description = "Not held any more", body = RetentionEnvelope)),
)]
pub async fn unhold(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<RetentionEnvelope>, ApiError> {
    let backup: BackupId = id.parse().map_err(|_| ApiError::not_found())?;
    lift(&ports, &caller, backup).await?;
    try_held_again(&ports, caller.org).await?;
    answer(&ports, caller.org).await
}

async fn lift(ports: &ActivityPorts, caller: &Caller, backup: BackupId) -> Result<(), PortError> {
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    committed(ports.store.commit(caller.org, change::lift_hold(backup, &caller.person, now, event)).await).map(drop)
}

/// Returns whether a transaction was committed; it was not if its effect was there already.
fn committed(outcome: Result<(), PortError>) -> Result<bool, PortError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.kind == ErrorKind::Conflict => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes sure that a hold that was just set is in time: a sweep that began before it may not have seen it. One that begins later does.
async fn confirm(ports: &ActivityPorts, org: OrgId, backup: BackupId) -> Result<(), ApiError> {
    if ports.leases.leases(org).await?.is_sweeping(ports.clock.now()) {
        return Err(PortError::new(ErrorKind::Unavailable, "hold a backup during a sweep").into());
    }
    require_snapshot(ports, org, backup).await
}

async fn require_snapshot(ports: &ActivityPorts, org: OrgId, backup: BackupId) -> Result<(), ApiError> {
    snapshot_of(&*ports.objects, org, backup).await?.map(drop).ok_or_else(ApiError::snapshot_gone)
}

async fn answer(ports: &ActivityPorts, org: OrgId) -> Result<Json<RetentionEnvelope>, ApiError> {
    let organisation = ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)?;
    let zone = organisation.time_zone;
    let kept = KeptBytes::read(&*ports.objects, org).await?.map(|kept| kept_out(kept, zone));
    let holds = ports.holds.holds(org).await?.into_iter().map(|hold| hold_out(&hold, zone)).collect();
    Ok(Json(RetentionEnvelope { retention: RetentionOut { kept, holds } }))
}

fn kept_out(KeptBytes { at, bytes, backups, .. }: KeptBytes, zone: Tz) -> KeptOut {
    let out = |BackupBytes { backup, alone_bytes }| KeptBackupOut { backup_id: backup.to_string(), alone_bytes };
    KeptOut { time: local_time(at, zone), bytes, backups: backups.into_iter().map(out).collect() }
}

fn hold_out(Hold { backup, at, by }: &Hold, zone: Tz) -> HoldOut {
    HoldOut { backup_id: backup.to_string(), held_time: local_time(*at, zone), held_by: PersonOut::from(by) }
}
