//! `GET backup/statements`, `GET backup/statements/key` and `GET backup/backups/{id}/statement`: signed statements about backups and erasures.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, LocalTime, PageInfo, Paged, Params, local_time};
use hozon_shared::archive::contents::zips_at;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::statement::SignedStatement;
use hozon_shared::ports::{ErrorKind, PortError, read_all};
use hozon_shared::stored::find_backup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::ActivityPorts;

const MAX_PER_PAGE: usize = 100;
const PER_PAGE: usize = 20;

#[derive(Serialize, ToSchema)]
pub struct StatementsEnvelope {
    statements: Vec<StatementOut>,
    info: PageInfo,
}

/// A signed statement in its chain.
#[derive(Serialize, ToSchema)]
pub struct StatementOut {
    /// Position in the chain, from 1.
    number: u64,
    /// The backup that it is about; null for an erasure.
    #[schema(example = "554023000000408001")]
    backup_id: Option<String>,
    /// The erasure that it is about; null for a backup.
    erasure_id: Option<String>,
    /// When the backup or the erasure was completed.
    time: LocalTime,
    /// The text that was signed: JSON in canonical form.
    text: String,
    /// The signature in Base64: of Ed25519 (RFC 8032), or of ECDSA with P-256 and SHA-256 as DER.
    signature: String,
    /// SHA-256 of the text, by which the next statement names this one.
    sha256: String,
    /// Whether it follows the statement before it. False is a warning: a statement before it was lost or changed.
    is_linked: bool,
}

#[derive(Serialize, ToSchema)]
pub struct StatementEnvelope {
    statement: StatementWithZips,
}

/// The statement about a backup.
#[derive(Serialize, ToSchema)]
struct StatementWithZips {
    #[serde(flatten)]
    statement: StatementOut,
    /// The list of zips, whose SHA-256 is `zips_sha256` of the statement. Null if it is not kept any more: it is kept for a year.
    zips: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct StatementKeyEnvelope {
    statement_key: StatementKeyOut,
}

/// The public key that verifies statements.
#[derive(Serialize, ToSchema)]
struct StatementKeyOut {
    /// The key as a PEM document.
    pem: String,
    /// SHA-256 of the key as a DER document, by which statements name it.
    sha256: String,
}

/// Lists signed statements, newest first.
///
/// Each statement names the one before it by its SHA-256, so that a statement that was lost or changed is noticed.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/statements",
    operation_id = "list_statements",
    tag = "downloads",
    params(Paged),
    responses((status = 200, description = "The requested page", body = StatementsEnvelope)),
)]
pub async fn list(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Params(asked): Params<Paged>,
) -> Result<Json<StatementsEnvelope>, ApiError> {
    let page = asked.read(PER_PAGE, MAX_PER_PAGE)?;
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let found = ports.statements.statements(caller.org, page.needed()).await?;
    let linked: Vec<bool> = (0..found.len()).map(|at| found[at].follows(found.get(at + 1))).collect();
    let (shown, info) = page.of(found.into_iter().zip(linked).collect());
    let statements = shown.into_iter().map(|(statement, is_linked)| out(statement, is_linked, organisation.time_zone)).collect();
    Ok(Json(StatementsEnvelope { statements, info }))
}

/// Reads the public key that verifies statements.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/statements/key",
    operation_id = "get_statement_key",
    tag = "downloads",
    responses((status = 200, description = "The public key", body = StatementKeyEnvelope)),
)]
pub async fn key(State(ports): State<ActivityPorts>, _: Administrator) -> Result<Json<StatementKeyEnvelope>, ApiError> {
    let key = ports.signer.public_key().await?;
    Ok(Json(StatementKeyEnvelope { statement_key: StatementKeyOut { pem: key.pem(), sha256: key.fingerprint() } }))
}

/// Reads the signed statement about a backup, with the list of its zips.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/backups/{id}/statement",
    operation_id = "get_statement",
    tag = "downloads",
    params(("id" = String, Path, description = "The backup")),
    responses(
        (status = 200, description = "The statement", body = StatementEnvelope),
        (status = 204, description = "No statement: the backup is not completed, or an older version made it"),
    ),
)]
pub async fn of_backup(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let backup = find_backup(&*ports.store, caller.org, &id).await?.ok_or_else(ApiError::not_found)?;
    let Some(number) = backup.statement else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let statement = linked(&ports, caller.org, number, organisation.time_zone).await?;
    let statement = StatementWithZips { statement, zips: list_of_zips(&ports, caller.org, backup.id).await? };
    Ok(Json(StatementEnvelope { statement }).into_response())
}

async fn list_of_zips(ports: &ActivityPorts, org: OrgId, backup: BackupId) -> Result<Option<String>, PortError> {
    match read_all(&*ports.objects, &zips_at(org, backup)).await {
        Ok(list) => {
            let text = String::from_utf8(list.to_vec());
            text.map(Some).map_err(|error| PortError::with(ErrorKind::Corrupt, "read the list of zips", error))
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a statement by its number, with whether it follows the one before.
pub async fn linked(ports: &ActivityPorts, org: OrgId, number: u64, zone: Tz) -> Result<StatementOut, PortError> {
    let missing = || PortError::new(ErrorKind::Corrupt, "find a statement");
    let statement = ports.statements.statement(org, number).await?.ok_or_else(missing)?;
    let before = match number {
        0 | 1 => None,
        _ => ports.statements.statement(org, number - 1).await?,
    };
    let is_linked = statement.follows(before.as_ref());
    Ok(out(statement, is_linked, zone))
}

fn out(statement: SignedStatement, is_linked: bool, zone: Tz) -> StatementOut {
    let sha256 = statement.sha256();
    let SignedStatement { number, backup, erasure, at, text, signature } = statement;
    let (backup_id, erasure_id) = (backup.map(|id| id.to_string()), erasure.map(|id| id.to_string()));
    StatementOut { number, backup_id, erasure_id, time: local_time(at, zone), text, signature, sha256, is_linked }
}
