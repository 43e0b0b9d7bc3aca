//! Reading, setting and removing the connection.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{CapturedByName, ConnectionKind, TlsMode};
use hozon_shared::api::{Administrator, AnyError, ApiError, Body, LocalTime, PersonOut, Success, local_time};
use hozon_shared::domain::connection::{Connection, DatabaseSettings, SourceSettings, Tls};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::profile::Profile;
use hozon_shared::ports::{ErrorKind, PortError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::ConnectionPorts;
use crate::wanted::{self, ConnectionRequest};

#[derive(Serialize, ToSchema)]
pub struct ConnectionEnvelope {
    /// Null if none is set: backups are of the native store.
    connection: Option<ConnectionOut>,
    /// The profiles of CRMs that a connection may name.
    profiles: Vec<ProfileOut>,
}

/// A CRM whose tables this service knows.
#[derive(Serialize, ToSchema)]
pub struct ProfileOut {
    /// Name in requests.
    #[schema(example = "creme")]
    name: String,
    /// The product's name.
    #[schema(example = "Creme CRM")]
    title: String,
}

impl From<&Profile> for ProfileOut {
    fn from(profile: &Profile) -> Self {
        Self { name: profile.name.clone(), title: profile.title.clone() }
    }
}

fn envelope(ports: &ConnectionPorts, connection: Option<ConnectionOut>) -> Json<ConnectionEnvelope> {
    let profiles = ports.profiles.iter().map(ProfileOut::from).collect();
    Json(ConnectionEnvelope { connection, profiles })
}

/// How the CRM is reached. The password is never shown.
#[derive(Serialize, ToSchema)]
struct ConnectionOut {
    #[schema(value_type = ConnectionKind)]
    kind: &'static str,
    /// Null where the CRM is no database.
    database: Option<DatabaseOut>,
    /// What backups leave out.
    omitted: Vec<OmissionOut>,
    /// Name of the CRM's profile; null if tables are shown as they are.
    profile: Option<String>,
    /// Who set the connection.
    set_by: PersonOut,
    set_time: LocalTime,
}

#[derive(Serialize, ToSchema)]
struct DatabaseOut {
    host: String,
    port: u16,
    name: String,
    user: String,
    #[schema(value_type = TlsMode)]
    tls: &'static str,
    /// Certificates, in PEM, of the authorities that may sign the server's certificate; null for those of the system.
    ca: Option<String>,
    /// Schemas to back up; empty for all but the system's.
    schemas: Vec<String>,
    /// Views to back up besides the tables.
    views: Vec<String>,
    /// Who captures the database.
    #[schema(value_type = CapturedByName)]
    captured_by: &'static str,
}

#[derive(Serialize, ToSchema)]
struct OmissionOut {
    /// API name of a module.
    module: String,
    /// API name of one of its fields; null for the whole module.
    field: Option<String>,
}

/// What is connected now.
#[derive(Serialize, ToSchema)]
pub struct ConnectedOut {
    #[schema(value_type = ConnectionKind)]
    kind: &'static str,
}

/// Reads the connection to the CRM.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/connection",
    operation_id = "get_connection",
    tag = "connection",
    responses((status = 200, description = "The connection", body = ConnectionEnvelope)),
)]
pub async fn read(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
) -> Result<Json<ConnectionEnvelope>, ApiError> {
    let zone = time_zone(&ports, caller.org).await?;
    let connection = ports.connecting.connections.connection(caller.org).await?;
    Ok(envelope(&ports, connection.map(|connection| out(connection, zone))))
}

/// Sets the connection to the CRM.
///
/// Later backups capture that CRM first. The password is stored in Secrets Manager and never shown again.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/connection",
    operation_id = "set_connection",
    tag = "connection",
    request_body = ConnectionRequest,
    responses(
        (status = 200, description = "The connection", body = ConnectionEnvelope),
        (status = 412, description = "Somebody else has set it at the same time", body = AnyError),
    ),
)]
pub async fn set(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<ConnectionEnvelope>, ApiError> {
    let mut wanted = wanted::read(&body, &ports.profiles)?;
    let zone = time_zone(&ports, caller.org).await?;
    let (present, secret) = ports.secret_for(caller.org, &wanted).await?;
    wanted.source.keep_files(present.as_ref().map(|present| &present.source));
    let source = (wanted.source, &secret);
    let set = ports.connecting.connect(caller.org, source, wanted.selection, &caller.person, present.as_ref()).await;
    Ok(envelope(&ports, Some(out(set.map_err(changed_meanwhile)?, zone))))
}

/// Removes the connection to the CRM, with its password.
///
/// Backups are of the native store again.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/connection",
    operation_id = "remove_connection",
    tag = "connection",
    responses(
        (status = 200, description = "Removed", body = Success<ConnectedOut>),
        (status = 412, description = "Somebody else has set it at the same time", body = AnyError),
    ),
)]
pub async fn remove(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
) -> Result<Json<Success<ConnectedOut>>, ApiError> {
    ports.connecting.disconnect(caller.org, &caller.person).await.map_err(changed_meanwhile)?;
    let kind = SourceSettings::Native {}.kind();
    Ok(Json(Success::new(ConnectedOut { kind }, "Connection removed.")))
}

fn changed_meanwhile(error: PortError) -> ApiError {
    if error.kind == ErrorKind::Conflict { ApiError::precondition_failed() } else { error.into() }
}

async fn time_zone(ports: &ConnectionPorts, org: OrgId) -> Result<Tz, ApiError> {
    let organisation = ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)?;
    Ok(organisation.time_zone)
}

fn out(connection: Connection, zone: Tz) -> ConnectionOut {
    let omitted = connection
        .selection
        .omitted
        .iter()
        .map(|omitted| OmissionOut { module: omitted.module.clone(), field: omitted.field.clone() });
    ConnectionOut {
        kind: connection.source.kind(),
        omitted: omitted.collect(),
        profile: connection.selection.profile.clone(),
        set_by: PersonOut::from(&connection.set_by),
        set_time: local_time(connection.set_at, zone),
        database: connection.source.database().cloned().map(database_out),
    }
}

fn database_out(settings: DatabaseSettings) -> DatabaseOut {
    let DatabaseSettings { host, port, database: name, user, tls, ca, schemas, views, files: _, captured_by } = settings;
    let tls = match tls {
        Tls::VerifyFull => "verify_full",
        Tls::Off => "off",
    };
    DatabaseOut { host, port, name, user, tls, ca, schemas, views, captured_by: captured_by.name() }
}
