//! `GET backup/backups`: every backup with its zips, newest first, and the contents of one backup.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{Administrator, ApiError, BackupOut, PageInfo, Paged, Params};
use hozon_shared::archive::contents::{BackupContents, contents_at};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{ErrorKind, PortError, read_all};
use hozon_shared::stored::{as_stored, find_backup, stored_zips};
use serde::Serialize;
use utoipa::ToSchema;

use crate::contents::ContentsOut;
use crate::ports::ActivityPorts;

const MAX_PER_PAGE: usize = 100;
const PER_PAGE: usize = 20;

#[derive(Serialize, ToSchema)]
pub struct BackupsEnvelope {
    backups: Vec<BackupOut>,
    info: PageInfo,
}

/// Lists backups with their files, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/backups",
    operation_id = "list_backups",
    tag = "downloads",
    params(Paged),
    responses((status = 200, description = "The requested page", body = BackupsEnvelope)),
)]
pub async fn list(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Params(asked): Params<Paged>,
) -> Result<Json<BackupsEnvelope>, ApiError> {
    let page = asked.read(PER_PAGE, MAX_PER_PAGE)?;
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let (shown, info) = page.of(ports.store.backups(caller.org, page.needed()).await?);
    let (now, stored) = (ports.clock.now(), stored_zips(&*ports.objects, caller.org).await?);
    let offered = shown.into_iter().map(|backup| if backup.can_be_downloaded(now) { as_stored(backup, &stored) } else { backup });
    let backups = offered.map(|backup| BackupOut::of(&backup, organisation.time_zone, now)).collect();
    Ok(Json(BackupsEnvelope { backups, info }))
}

#[derive(Serialize, ToSchema)]
pub struct ContentsEnvelope {
    contents: ContentsOut,
}

/// Reads the contents of a backup: modules, rows, CSV files with their SHA-256, and what was left out.
///
/// The contents are kept for a year, longer than the files.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/backups/{id}/contents",
    operation_id = "get_contents",
    tag = "downloads",
    params(("id" = String, Path, description = "The backup")),
    responses(
        (status = 200, description = "The contents of the backup", body = ContentsEnvelope),
        (status = 204, description = "No contents: the backup is not completed, or an older version made it"),
    ),
)]
pub async fn contents(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let backup = find_backup(&*ports.store, caller.org, &id).await?.ok_or_else(ApiError::not_found)?;
    if backup.status != BackupStatus::Completed {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let json = match read_all(&*ports.objects, &contents_at(caller.org, backup.id)).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(StatusCode::NO_CONTENT.into_response()),
        other => other?,
    };
    let contents: BackupContents =
        serde_json::from_slice(&json).map_err(|error| PortError::with(ErrorKind::Corrupt, "read a backup's contents", error))?;
    Ok(Json(ContentsEnvelope { contents: ContentsOut::of(contents, organisation.time_zone) }).into_response())
}
