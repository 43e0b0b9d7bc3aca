//! `POST backup` with an empty body, or with a layout alone: an on-demand backup.

use axum::Json;
use axum::http::StatusCode;
use hozon_shared::api::{ApiError, BackupEnvelope, Changed, Once, Success};
use hozon_shared::domain::allowance::Demand;
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::ports::{Change, ErrorKind, PortError};
use hozon_shared::running::start_run;

use crate::allowance;
use crate::app::{ATTEMPTS, App};
use crate::ports::SchedulePorts;

type Answer = (StatusCode, Json<BackupEnvelope<Success<Changed>>>);

pub async fn handle(
    app: &App,
    organisation: &Organisation,
    caller: &Caller,
    once: &Once,
    layout: Option<ArchiveLayout>,
) -> Result<Answer, ApiError> {
    let backup = create(app, organisation, caller, once, layout).await?;
    if let Err(error) = begin_run(&app.ports, &backup).await {
        once.retract(&app.ports.once, caller.org).await?;
        return Err(error);
    }
    Ok((StatusCode::CREATED, Json(answer(backup.id))))
}

fn answer(backup: BackupId) -> BackupEnvelope<Success<Changed>> {
    let details = Changed { id: backup.to_string(), note: None };
    BackupEnvelope { backup: Success::new(details, "Backup scheduled successfully.") }
}

/// Stores the backup, its claim and its event in one transaction, so that of concurrent requests exactly one succeeds.
async fn create(
    app: &App,
    organisation: &Organisation,
    caller: &Caller,
    once: &Once,
    layout: Option<ArchiveLayout>,
) -> Result<Backup, ApiError> {
    let store = &app.ports.store;
    for _ in 0..ATTEMPTS {
        match app.ports.ending.running(caller.org).await {
            Ok(None) => {}
            Ok(Some(running)) => return Err(ApiError::in_progress(running.id)),
            Err(error) if error.kind == ErrorKind::Conflict => continue,
            Err(error) => return Err(error.into()),
        }
        let now = app.ports.clock.now();
        let id = BackupId(app.ports.ids.next(now));
        let account = app.ports.accounts.account(caller.org).await?;
        let free = app.terms.plans.free(&organisation.plan);
        let demand = Demand { backup: id, free, now, weekly: None, zone: organisation.time_zone };
        let (claim, used) = account.claim(&demand).map_err(|limit| allowance::used_up(app, organisation, limit))?;
        let backup = Backup::requested(caller.org, id, caller.person.clone(), claim, now).within(app.run_length);
        let backup = Backup { layout, ..backup };
        let event = EventId(app.ports.ids.next(now));
        let mut changes = change::start(backup.clone(), used, event);
        changes.push(Change::Contact(caller.contact()));
        changes.extend(once.answer(StatusCode::CREATED, &answer(id)));
        match store.commit(caller.org, changes).await {
            Ok(()) => return Ok(Backup { version: backup.version + 1, ..backup }),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "start a backup while others change the account").into())
}

/// Starts the run. On failure the backup is ended at once and its claim returned. If this function stops before that,
/// the sweep starts the run.
async fn begin_run(ports: &SchedulePorts, backup: &Backup) -> Result<(), ApiError> {
    let Err(error) = start_run(&*ports.workflow, backup).await else { return Ok(()) };
    let failure = Failure::new("RUN_NOT_STARTED", "The run could not be started. Nothing was used; try again in a minute.");
    ports.ending.fail(backup.clone(), failure).await?;
    Err(error.into())
}
