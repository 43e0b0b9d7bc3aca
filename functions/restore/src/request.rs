//! `POST restores`: a restore is asked for, and its plan is made.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hozon_shared::api::closed_sets::{ConnectionRoleName, WordMatchName};
use hozon_shared::api::{Administrator, ApiError, Body, Once, read_searched_words};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::id::RestoreId;
use hozon_shared::domain::organisation::Caller;
use hozon_shared::domain::restore::{
    MAX_RECORDS, Restore, RestorePolicy, RestoreRequest, RestoreSearch, RestoreSelection, SelectedRecord, request_restore,
};
use hozon_shared::ports::ErrorKind;
use hozon_shared::snapshots::document::Snapshot;
use hozon_shared::snapshots::of_backup::snapshot_of;
use hozon_shared::stored::find_backup;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::begin::{require_free, require_source, start, writable, zone};
use crate::out::{RecordIo, RestoreEnvelope, RestorePolicyIo, restore_out};
use crate::ports::RestorePorts;

/// What to restore. Without records, modules and a search it is everything.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreBody {
    /// The backup whose records are written.
    #[schema(example = "554023000000408001")]
    backup: String,
    /// Single records, at most 1,000.
    records: Option<Vec<RecordIo>>,
    /// API names of modules.
    modules: Option<Vec<String>>,
    /// A search in the backup, for the records that it finds: at most 10,000.
    search: Option<RestoreSearchIn>,
    #[serde(default)]
    policy: RestorePolicyIo,
    /// Where to write. Left out, `connection`: the connected CRM.
    #[schema(value_type = Option<ConnectionRoleName>)]
    target: Option<String>,
    /// Whether tables that the restore target lacks are made, with their keys, types, sequences and foreign keys. Of a restore of everything or
    /// of modules into the restore target only.
    #[serde(default)]
    create: bool,
}

/// A search in all fields of the records of a backup.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RestoreSearchIn {
    /// API name of the module; all modules if it is left out.
    module: Option<String>,
    /// One to eight words, all of which occur in a record.
    words: String,
    /// Whether a word is found from its beginning on (`prefix`, the default) or as a whole (`exact`).
    #[schema(value_type = Option<WordMatchName>)]
    r#match: Option<String>,
}

/// Asks for a restore. Nothing is written before its plan is confirmed.
///
/// Records that the CRM does not have any more are created. The policy says whether records are changed back and newer ones deleted. The plan
/// is made from the CRM as it is now; read the restore until its status is `PLANNED`.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/restores",
    operation_id = "request_restore",
    tag = "restores",
    request_body = RestoreBody,
    responses((status = 201, description = "The plan is being made", body = RestoreEnvelope)),
)]
pub async fn create(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<RestoreEnvelope>), ApiError> {
    let body: RestoreBody = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let backup = find_backup(&*ports.store, caller.org, &body.backup).await?.ok_or_else(ApiError::backup_not_found)?;
    if backup.status != BackupStatus::Completed {
        return Err(ApiError::not_allowed("The backup is not completed, so that it has nothing to restore."));
    }
    let snapshot = snapshot_of(&*ports.objects, caller.org, backup.id).await?.ok_or_else(ApiError::snapshot_gone)?;
    let (backup, policy) = (backup.id, RestorePolicy::from(body.policy));
    let target = body.target.as_deref().map_or(Ok(ConnectionRole::Source), target)?;
    let create = body.create;
    let selection = selection(body, &snapshot)?;
    if create && (target.is_source() || selection.is_of_records()) {
        let message = "Tables are made for everything or for modules, and in the restore target only.";
        return Err(ApiError::invalid_data("create", "$.create", message));
    }
    let wanted = WantedRestore { backup, undone: None, target, selection, policy, create, snapshot };
    created(&ports, &caller, &once, wanted).await
}

/// A restore that is to be created.
pub struct WantedRestore {
    pub backup: hozon_shared::domain::id::BackupId,
    /// The restore that it undoes.
    pub undone: Option<RestoreId>,
    pub target: ConnectionRole,
    pub selection: RestoreSelection,
    pub policy: RestorePolicy,
    /// Whether tables that the restore target lacks are made.
    pub create: bool,
    /// The snapshot that it brings back.
    pub snapshot: Snapshot,
}

/// Stores a restore together with the answer, and starts its plan.
pub async fn created(
    ports: &RestorePorts,
    caller: &Caller,
    once: &Once,
    wanted: WantedRestore,
) -> Result<(StatusCode, Json<RestoreEnvelope>), ApiError> {
    let connection = writable(ports, caller.org, wanted.target).await?;
    if connection.drills {
        let message = "The restore target is there for drills, which delete everything in it. Set another one first.";
        return Err(ApiError::not_allowed(message));
    }
    require_source(&connection, &wanted.snapshot)?;
    let connection = connection.id;
    require_free(ports, caller.org).await?;
    let WantedRestore { backup, undone, target, selection, policy, create, snapshot } = wanted;
    let (org, now, zone) = (caller.org, ports.clock.now(), zone(ports, caller.org).await?);
    let (id, requester, taken) = (RestoreId(ports.ids.next(now)), caller.person.clone(), snapshot.taken);
    let undoes = undone;
    let request = RestoreRequest { org, id, requester, backup, taken, target, connection, undoes, selection, policy, create };
    let restore = Restore::requested(request, now, ports.run_length);
    let answer = RestoreEnvelope { restore: restore_out(ports, restore.clone(), zone).await? };
    let mut changes = request_restore(restore.clone());
    changes.extend(once.answer(StatusCode::CREATED, &answer));
    match ports.store.commit(org, changes).await {
        // Another one was asked for at the same time.
        Err(error) if error.kind == ErrorKind::Conflict => {
            require_free(ports, org).await?;
            return Err(error.into());
        }
        other => other?,
    }
    if let Err(error) = start(ports, Restore { version: 1, ..restore }).await {
        once.retract(&ports.once, org).await?;
        return Err(error);
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

fn selection(body: RestoreBody, snapshot: &Snapshot) -> Result<RestoreSelection, ApiError> {
    let selection = match (body.records, body.modules, body.search) {
        (None, None, None) => return Ok(RestoreSelection::Everything {}),
        (None, None, Some(search)) => RestoreSelection::Search(searched(search)?),
        (Some(records), None, None) => {
            if records.is_empty() || records.len() > MAX_RECORDS {
                let message = format!("Give 1 to {MAX_RECORDS} records, or restore whole modules.");
                return Err(ApiError::invalid_data("records", "$.records", message));
            }
            let selected = |RecordIo { module, id }| SelectedRecord { module, id };
            RestoreSelection::Records { records: records.into_iter().map(selected).collect() }
        }
        (None, Some(modules), None) if modules.is_empty() => {
            return Err(ApiError::invalid_data("modules", "$.modules", "Name a module, or leave modules out."));
        }
        (None, Some(modules), None) => RestoreSelection::Modules { modules },
        _ => {
            return Err(ApiError::invalid_data(
                "records",
                "$.records",
                "Give records, modules or a search, and only one of them.",
            ));
        }
    };
    let is_known = |name: &str| snapshot.modules.iter().any(|module| module.api_name == name);
    let are_known = match &selection {
        RestoreSelection::Everything {} => true,
        RestoreSelection::Modules { modules } => modules.iter().all(|module| is_known(module)),
        RestoreSelection::Records { records } => records.iter().all(|record| is_known(&record.module)),
        RestoreSelection::Search(search) => search.module.as_deref().is_none_or(is_known),
    };
    if are_known { Ok(selection) } else { Err(ApiError::module_not_found()) }
}

fn target(name: &str) -> Result<ConnectionRole, ApiError> {
    let unknown = || ApiError::invalid_data("target", "$.target", "Set target to connection or restore_target.");
    ConnectionRole::named(name).ok_or_else(unknown)
}

fn searched(search: RestoreSearchIn) -> Result<RestoreSearch, ApiError> {
    let is_exact = read_searched_words(&search.words, search.r#match.as_deref())?;
    Ok(RestoreSearch { module: search.module, words: Some(search.words), is_exact })
}
