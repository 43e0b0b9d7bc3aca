//! `POST backup/{id}/actions/cancel_run`: cancels a backup that is being made. Zoho's API has no such call: its `cancel` stops a schedule.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::{Administrator, ApiError, BackupEnvelope, Changed, Envelope, Success};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::id::BackupId;
use hozon_shared::ports::{ErrorKind, PortError};

use crate::app::{ATTEMPTS, App};

type Answer = Json<BackupEnvelope<Success<Changed>>>;

/// Cancels a backup that is being made.
///
/// It ends without files, and does not count toward the allowance. A repeated call has no second effect.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/{id}/actions/cancel_run",
    operation_id = "cancel_backup",
    tag = "backups",
    params(("id" = String, Path, description = "The backup")),
    responses((status = 200, description = "Cancelled", body = BackupEnvelope<Success<Changed>>)),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let not_found = || ApiError::not_found().envelope(Envelope::Backup);
    let id: BackupId = id.parse().map_err(|_| not_found())?;
    for _ in 0..ATTEMPTS {
        let backup = app.ports.store.backup(caller.org, id).await?.ok_or_else(not_found)?;
        match backup.status {
            BackupStatus::Cancelled => return Ok(answer(id)),
            BackupStatus::Completed | BackupStatus::Failed => return Err(ApiError::not_running()),
            BackupStatus::Inprogress => {}
        }
        match app.ports.ending.cancel(backup, &caller).await {
            Ok(()) => return Ok(answer(id)),
            // The run has gone on or ended, or the account was changed.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "cancel a backup while others change it").into())
}

fn answer(id: BackupId) -> Answer {
    let details = Changed { id: id.to_string(), note: None };
    Json(BackupEnvelope { backup: Success::new(details, "Backup cancelled successfully.") })
}
