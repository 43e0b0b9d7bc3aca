//! The restore target: a second database that restores may write into instead of the connected CRM, such as a test system.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::DatabaseKindName;
use hozon_shared::api::{Administrator, AnyError, ApiError, Body, LocalTime, PersonOut, Success, local_time};
use hozon_shared::connecting::NewConnection;
use hozon_shared::domain::connection::{CapturedBy, Connection, ConnectionRole, DatabaseKind, SourceSettings};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::selection::Selection;
use hozon_shared::ports::SourceSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::{self, CheckEnvelope, CheckedConnection};
use crate::connection::{DatabaseOut, changed_meanwhile, database_out};
use crate::database::{self, WantedDatabase, Within};
use crate::ports::ConnectionPorts;
use crate::wanted::{Wanted, profile};

const ROLE: ConnectionRole = ConnectionRole::RestoreTarget;
/// Where a request names the restore target.
const IN_TARGET: Within = Within("restore_target");

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTargetRequest {
    restore_target: WantedTarget,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedTarget {
    #[schema(value_type = DatabaseKindName)]
    kind: String,
    /// Its user needs the rights that writing needs. `views` and `captured_by` are left out; without `schemas`, those of the connection are read.
    database: Option<WantedDatabase>,
    /// Name of the profile that shows its tables. Left out, that of the connection.
    #[schema(example = "creme")]
    profile: Option<String>,
    /// Whether drills may use the database: a drill deletes everything in it.
    #[serde(default)]
    drills: bool,
}

#[derive(Serialize, ToSchema)]
pub struct RestoreTargetEnvelope {
    /// Null if none is set.
    restore_target: Option<RestoreTargetOut>,
}

/// The database that restores may write into instead of the connected CRM. Its credentials are never shown.
#[derive(Serialize, ToSchema)]
struct RestoreTargetOut {
    #[schema(value_type = DatabaseKindName)]
    kind: &'static str,
    database: Option<DatabaseOut>,
    /// Name of the profile that shows its tables; null for that of the connection.
    profile: Option<String>,
    /// Whether drills may use the database: a drill deletes everything in it.
    drills: bool,
    /// Who set it.
    set_by: PersonOut,
    set_time: LocalTime,
}

/// What restores write into from now on.
#[derive(Serialize, ToSchema)]
pub struct NoTargetOut {
    restore_target: Option<RestoreTargetOut>,
}

/// Reads the restore target.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/restore_target",
    operation_id = "get_restore_target",
    tag = "connection",
    responses((status = 200, description = "The restore target", body = RestoreTargetEnvelope)),
)]
pub async fn read(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
) -> Result<Json<RestoreTargetEnvelope>, ApiError> {
    let zone = ports.time_zone(caller.org).await?;
    let target = ports.connecting.connections.restore_target(caller.org).await?;
    Ok(Json(RestoreTargetEnvelope { restore_target: target.map(|target| out(target, zone)) }))
}

/// Sets the restore target.
///
/// It is a PostgreSQL or MySQL (MariaDB) database, and not the connected CRM. The password is stored in Secrets Manager and never shown again.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/restore_target",
    operation_id = "set_restore_target",
    tag = "connection",
    request_body = RestoreTargetRequest,
    responses(
        (status = 200, description = "The restore target", body = RestoreTargetEnvelope),
        (status = 412, description = "Somebody else has set it at the same time", body = AnyError),
    ),
)]
pub async fn set(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<RestoreTargetEnvelope>, ApiError> {
    let zone = ports.time_zone(caller.org).await?;
    let (Wanted { source, selection, .. }, drills, present, secret) = wanted(&ports, caller.org, &body).await?;
    let connection = ports.connecting.connections.connection(caller.org).await?;
    if connection.is_some_and(|connection| connection.source.is_same_database(&source)) {
        let message = "This is the connected CRM. Give another database, such as that of a test system.";
        return Err(IN_TARGET.invalid_in_database("name", message));
    }
    let new = NewConnection { role: ROLE, source, selection, drills };
    let set = ports.connecting.set((caller.org, &caller.person), new, &secret, present.as_ref()).await;
    let set = set.map_err(changed_meanwhile)?;
    Ok(Json(RestoreTargetEnvelope { restore_target: Some(out(set, zone)) }))
}

/// Removes the restore target, with its password.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/restore_target",
    operation_id = "remove_restore_target",
    tag = "connection",
    responses(
        (status = 200, description = "Removed", body = Success<NoTargetOut>),
        (status = 412, description = "Somebody else has set it at the same time", body = AnyError),
    ),
)]
pub async fn remove(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
) -> Result<Json<Success<NoTargetOut>>, ApiError> {
    ports.connecting.disconnect(caller.org, ROLE, &caller.person).await.map_err(changed_meanwhile)?;
    Ok(Json(Success::new(NoTargetOut { restore_target: None }, "Restore target removed.")))
}

/// Checks a restore target: whether it can be reached, and which tables it has.
///
/// Without a body the one that is set is checked; with one, that of the body, which is not stored. What its user may write is part of the plan of
/// a restore.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/restore_target/actions/check",
    operation_id = "check_restore_target",
    tag = "connection",
    request_body(content = Option<RestoreTargetRequest>, description = "The restore target to check; empty for the one that is set"),
    responses((status = 200, description = "The result, also if it cannot be read", body = CheckEnvelope)),
)]
pub async fn check(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<CheckEnvelope>, ApiError> {
    let (id, source, profile, secret) = if body.is_empty() {
        let target = ports.connecting.connections.restore_target(caller.org).await?;
        let target =
            target.ok_or_else(|| ApiError::not_allowed("No restore target is set. Set one, or send the one to check."))?;
        let secret = ports.stored_secret(&target, IN_TARGET).await?;
        (target.id, target.source, target.selection.profile, secret)
    } else {
        let (wanted, _, present, secret) = wanted(&ports, caller.org, &body).await?;
        (present.map_or(ConnectionId(0), |present| present.id), wanted.source, wanted.selection.profile, secret)
    };
    check::check(&ports, caller.org, CheckedConnection { role: ROLE, id, source, profile, secret }).await
}

/// The restore target that a body asks for, whether drills may use it, the present one, and the credentials that the wanted one uses.
async fn wanted(
    ports: &ConnectionPorts,
    org: OrgId,
    body: &[u8],
) -> Result<(Wanted, bool, Option<Connection>, SourceSecret), ApiError> {
    let request: RestoreTargetRequest = serde_json::from_slice(body).map_err(|_| ApiError::body_not_readable())?;
    let WantedTarget { kind, database, profile: name, drills } = request.restore_target;
    let kind = DatabaseKind::named(&kind).ok_or_else(|| IN_TARGET.invalid("kind", "Set kind to postgres or mysql."))?;
    let database = database.ok_or_else(|| IN_TARGET.missing("database", "Give the database with its host, name and user."))?;
    let (settings, secret) = database::read(kind, database, IN_TARGET)?;
    if settings.captured_by != CapturedBy::Service {
        let message = "Leave captured_by out: the service itself writes into this database.";
        return Err(IN_TARGET.invalid_in_database("captured_by", message));
    }
    if !settings.views.is_empty() {
        return Err(IN_TARGET.invalid_in_database("views", "Leave views out: restores write tables only."));
    }
    let selection = Selection { omitted: Vec::new(), profile: profile(name, &ports.profiles, IN_TARGET)? };
    let mut wanted = Wanted { source: kind.source(settings), secret, selection };
    let present = ports.connecting.connections.restore_target(org).await?;
    wanted.source.keep_files(present.as_ref().map(|present| &present.source));
    let secret = ports.own_or_kept_secret(&wanted, present.as_ref(), IN_TARGET).await?;
    Ok((wanted, drills, present, secret))
}

fn out(target: Connection, zone: Tz) -> RestoreTargetOut {
    let Connection { source, selection, drills, set_by, set_at, .. } = target;
    RestoreTargetOut {
        kind: SourceSettings::kind(&source),
        database: source.database().cloned().map(database_out),
        profile: selection.profile,
        drills,
        set_by: PersonOut::from(&set_by),
        set_time: local_time(set_at, zone),
    }
}
