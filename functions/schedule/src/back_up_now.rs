//! `POST backup` with an empty body: one backup, now.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hozon_shared::api::{Administrator, ApiError, Body, Envelope};
use hozon_shared::domain::allowance::{Claim, Month, MonthUse};
use hozon_shared::domain::backup::{Backup, Failure, Status};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::ports::{ErrorKind, PortError, Ports};
use serde::Deserialize;
use serde_json::json;

use super::App;

/// How often a race for the same row is tried again.
const ATTEMPTS: usize = 5;

pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Response, ApiError> {
    require_now(&body)?;
    let organisation = app.ports.store.organisation(caller.org).await?;
    let organisation = organisation.ok_or_else(|| ApiError::not_found().envelope(Envelope::Backup))?;
    let backup = create(&app, &organisation, &caller).await?;
    begin_run(&app.ports, &backup).await?;
    let answer = json!({ "backup": {
        "code": "SUCCESS",
        "details": { "id": backup.id },
        "message": "Backup scheduled successfully.",
        "status": "success",
    }});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupRequest {
    backup: Option<Options>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    rrule: Option<serde_json::Value>,
}

fn require_now(body: &[u8]) -> Result<(), ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let body: BackupRequest =
        serde_json::from_slice(body).map_err(|_| ApiError::body_not_readable().envelope(Envelope::Backup))?;
    match body.backup.and_then(|options| options.rrule) {
        None => Ok(()),
        Some(_) => {
            let refusal = ApiError::not_allowed("Schedules are not available yet. Send an empty body to back up now.");
            Err(refusal.details(json!({ "api_name": "rrule", "json_path": "$.backup.rrule" })).envelope(Envelope::Backup))
        }
    }
}

/// Creates the backup, what it uses and its event in one transaction, so that of any number of requests at once only one does.
async fn create(app: &App, organisation: &Organisation, caller: &Caller) -> Result<Backup, ApiError> {
    let store = &app.ports.store;
    for _ in 0..ATTEMPTS {
        if let Some(newest) = store.backups(caller.org, 1).await?.into_iter().find(|b| b.status == Status::Inprogress) {
            return Err(ApiError::in_progress(newest.id));
        }
        let now = app.ports.clock.now();
        let month_use = store.month_use(caller.org, Month::of(now, organisation.time_zone)).await?;
        let (claim, month_use) = month_use.claim(app.plans.free(&organisation.plan)).map_err(ApiError::limit_reached)?;
        let id = BackupId(app.ports.ids.next(now));
        let backup = Backup::requested(caller.org, id, caller.person.clone(), claim, now);
        let event = EventId(app.ports.ids.next(now));
        match store.commit(caller.org, change::start(backup.clone(), month_use, event)).await {
            Ok(()) => return Ok(Backup { version: backup.version + 1, ..backup }),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "start a backup against others").into())
}

/// Starts the run. When that fails the backup is ended at once, and its use given back.
async fn begin_run(ports: &Ports, backup: &Backup) -> Result<(), ApiError> {
    let input = json!({ "org": backup.org, "backup": backup.id });
    let Err(error) = ports.workflow.start(&format!("backup-{}", backup.id), input).await else { return Ok(()) };
    let failure = Failure {
        code: "RUN_NOT_STARTED".to_owned(),
        message: "The run could not be started. Nothing was used; try again in a minute.".to_owned(),
    };
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let month_use = used_month(ports, backup).await?;
    if let Ok(changes) = change::fail(backup.clone(), month_use, failure, now, event) {
        ports.store.commit(backup.org, changes).await?;
    }
    Err(error.into())
}

async fn used_month(ports: &Ports, backup: &Backup) -> Result<Option<MonthUse>, PortError> {
    match &backup.claim {
        Claim::Unlimited => Ok(None),
        Claim::Free { month } => ports.store.month_use(backup.org, month.clone()).await.map(Some),
    }
}
