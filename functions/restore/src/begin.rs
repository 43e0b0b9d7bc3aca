//! Restores that are found, and executions that are started for them.

use chrono_tz::Tz;
use hozon_shared::api::ApiError;
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::connection::{CapturedBy, Connection, ConnectionRole, SourceSettings};
use hozon_shared::domain::crm::is_captured;
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::restore::{Restore, fail_restore};
use hozon_shared::ports::PortError;
use hozon_shared::restore_start::start_restore;
use hozon_shared::snapshots::document::Snapshot;

use crate::out::written;
use crate::ports::RestorePorts;

/// Number of newest restores among which the one is searched that holds the lock.
const RECENT: usize = 50;

/// Time zone of an organisation.
pub async fn zone(ports: &RestorePorts, org: OrgId) -> Result<Tz, ApiError> {
    Ok(ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)?.time_zone)
}

/// Returns a restore by its id.
pub async fn find(ports: &RestorePorts, org: OrgId, id: &str) -> Result<Restore, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    ports.restores.restore(org, id).await?.ok_or_else(ApiError::not_found)
}

/// The connection of an organisation with a role, if the service can write to it. Without a CRM that is connected, it is the native store.
pub async fn writable(ports: &RestorePorts, org: OrgId, role: ConnectionRole) -> Result<Connection, ApiError> {
    let connection = match (role, ports.connections.of_role(org, role).await?) {
        (_, Some(connection)) => connection,
        (ConnectionRole::Source, None) => Connection::of_native_store(org),
        (ConnectionRole::RestoreTarget, None) => return Err(ApiError::not_allowed("No restore target is set. Set one first.")),
    };
    if !connection.source.is_captured() {
        return Ok(connection);
    }
    if !role.is_source()
        && ports.connections.connection(org).await?.is_some_and(|crm| crm.source.is_same_database(&connection.source))
    {
        return Err(ApiError::not_allowed("The restore target is the connected CRM itself. Set another one first."));
    }
    if !matches!(connection.source, SourceSettings::Postgres(_) | SourceSettings::Mysql(_) | SourceSettings::Zoho(_)) {
        return Err(ApiError::not_allowed("This kind of CRM cannot be written yet. Import the zips of the backup instead."));
    }
    if connection.source.captured_by() == CapturedBy::Program {
        return Err(ApiError::not_allowed(
            "The service does not reach this database. Let it connect, or import the zips of the backup.",
        ));
    }
    Ok(connection)
}

/// Fails if a backup is of another CRM than the native store, and nothing else is connected.
pub fn require_source(connection: &Connection, snapshot: &Snapshot) -> Result<(), ApiError> {
    let was_captured = snapshot.modules.iter().any(|module| is_captured(&module.version));
    match was_captured && !connection.source.is_captured() {
        true => Err(ApiError::not_allowed("No CRM is connected. Connect one first.")),
        false => Ok(()),
    }
}

/// Fails if another restore is being planned or written. One that is overdue is failed.
pub async fn require_free(ports: &RestorePorts, org: OrgId) -> Result<(), ApiError> {
    for restore in ports.restores.restores(org, None, RECENT).await?.into_iter().filter(Restore::is_active) {
        if !restore.is_overdue(ports.clock.now()) {
            return Err(ApiError::restore_in_progress(restore.id));
        }
        let message = "The restore did not end in time. What was written is in its report.";
        fail(ports, restore, Failure::new("RESTORE_SILENT", message)).await?;
    }
    Ok(())
}

/// Starts the plan or the writing of a restore, whose state is stored. If that fails, the restore does too.
pub async fn start(ports: &RestorePorts, restore: Restore) -> Result<(), ApiError> {
    let Err(error) = start_restore(&*ports.workflow, &restore).await else { return Ok(()) };
    let message = "The restore could not be started. Nothing was written; try again in a minute.";
    fail(ports, restore, Failure::new("RESTORE_NOT_STARTED", message)).await?;
    Err(error.into())
}

async fn fail(ports: &RestorePorts, restore: Restore, failure: Failure) -> Result<(), ApiError> {
    let (org, now) = (restore.org, ports.clock.now());
    let written = written(ports, &restore).await?;
    let changes = fail_restore(restore, failure, written, now, EventId(ports.ids.next(now)));
    let changes = changes.map_err(|error| PortError::with(hozon_shared::ports::ErrorKind::Conflict, "fail a restore", error))?;
    Ok(ports.store.commit(org, changes).await?)
}
