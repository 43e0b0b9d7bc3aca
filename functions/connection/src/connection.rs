//! Reading, setting and removing the connection.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_connector_zoho::ZohoAccess;
use hozon_shared::api::closed_sets::{CapturedByName, ConnectionKind, TlsMode};
use hozon_shared::api::{Administrator, AnyError, ApiError, Body, LocalTime, PersonOut, Success, local_time};
use hozon_shared::domain::connection::{Connection, ConnectionRole, DatabaseSettings, SourceSettings, Tls};
use hozon_shared::domain::profile::Profile;
use hozon_shared::ports::{ErrorKind, PortError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::ConnectionPorts;
use crate::wanted::{self, ConnectionRequest};
use crate::zoho::{ZohoOffer, ZohoOut};

#[derive(Serialize, ToSchema)]
pub struct ConnectionEnvelope {
    /// Null if none is set: backups are of the native store.
    connection: Option<ConnectionOut>,
    /// The profiles of CRMs that a connection may name.
    profiles: Vec<ProfileOut>,
    /// What Zoho CRM needs; null if this service does not read it.
    zoho: Option<ZohoOffer>,
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
    let offer = |access: &ZohoAccess| ZohoOffer::new(access.client.is_some(), ports.redirect_uri.clone());
    Json(ConnectionEnvelope { connection, profiles, zoho: ports.connectors.zoho.as_ref().map(offer) })
}

/// How the CRM is reached. Its credentials are never shown.
#[derive(Serialize, ToSchema)]
pub struct ConnectionOut {
    #[schema(value_type = ConnectionKind)]
    kind: &'static str,
    /// Null where the CRM is no database.
    database: Option<DatabaseOut>,
    /// Null where the CRM is not Zoho CRM.
    zoho: Option<ZohoOut>,
    /// What backups leave out.
    omitted: Vec<OmissionOut>,
    /// Name of the CRM's profile; null if tables are shown as they are.
    profile: Option<String>,
    /// Who set the connection.
    set_by: PersonOut,
    set_time: LocalTime,
}

#[derive(Serialize, ToSchema)]
pub struct DatabaseOut {
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
    let zone = ports.time_zone(caller.org).await?;
    let connection = ports.connecting.connections.connection(caller.org).await?;
    Ok(envelope(&ports, connection.map(|connection| out(connection, zone))))
}

/// Sets the connection to the CRM.
///
/// Later backups capture that CRM first. The password is stored in Secrets Manager and never shown again. Zoho CRM is connected by a consent; this
/// call changes its other settings.
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
    let zone = ports.time_zone(caller.org).await?;
    let (present, secret) = ports.secret_for(caller.org, &wanted).await?;
    wanted.source.keep_known(present.as_ref().map(|present| &present.source));
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
    ports.connecting.disconnect(caller.org, ConnectionRole::Source, &caller.person).await.map_err(changed_meanwhile)?;
    let kind = SourceSettings::Native {}.kind();
    Ok(Json(Success::new(ConnectedOut { kind }, "Connection removed.")))
}

/// The error of a connection that somebody else has set at the same time.
pub fn changed_meanwhile(error: PortError) -> ApiError {
    if error.kind == ErrorKind::Conflict { ApiError::precondition_failed() } else { error.into() }
}

/// A connection as it is shown.
pub fn out(connection: Connection, zone: Tz) -> ConnectionOut {
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
        zoho: ZohoOut::of(&connection.source),
    }
}

/// A database as it is shown.
pub fn database_out(settings: DatabaseSettings) -> DatabaseOut {
    let DatabaseSettings { host, port, database: name, user, tls, ca, schemas, views, files: _, captured_by } = settings;
    let tls = match tls {
        Tls::VerifyFull => "verify_full",
        Tls::Off => "off",
    };
    DatabaseOut { host, port, name, user, tls, ca, schemas, views, captured_by: captured_by.name() }
}
