//! The connection that a caller asks for, validated.

use hozon_shared::api::closed_sets::{CapturedByName, ConnectionKind, TlsMode};
use hozon_shared::api::{ApiError, named};
use hozon_shared::domain::connection::{
    AddressError, CapturedBy, Connection, DatabaseKind, DatabaseSettings, SourceSettings, Tls,
};
use hozon_shared::domain::profile::Profiles;
use hozon_shared::domain::selection::{MAX_OMISSIONS, Omission, Selection};
use hozon_shared::ports::SourceSecret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::zoho::{self, WantedZoho};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionRequest {
    connection: WantedConnection,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedConnection {
    #[schema(value_type = ConnectionKind)]
    kind: String,
    /// Where the CRM is a database.
    database: Option<WantedDatabase>,
    /// Where the CRM is Zoho CRM.
    zoho: Option<WantedZoho>,
    /// What backups leave out.
    #[serde(default)]
    omitted: Vec<WantedOmission>,
    /// Name of the CRM's profile, which names, orders and categorises its tables. Left out, tables are shown as they are.
    #[schema(example = "creme")]
    profile: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedDatabase {
    /// DNS name or IP address of the database's server.
    #[schema(example = "db.example.com")]
    host: Option<String>,
    /// Left out, 5432 for PostgreSQL and 3306 for MySQL and MariaDB.
    port: Option<u16>,
    /// Its name on the server.
    #[schema(example = "crm")]
    name: Option<String>,
    user: Option<String>,
    /// Left out, the password stays that of the present connection, if that is to the same server with the same user. Null for a user without a
    /// password.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    password: Option<Option<String>>,
    /// `verify_full` where it is left out, except for a database on the same machine.
    #[schema(value_type = Option<TlsMode>)]
    tls: Option<String>,
    /// Certificates, in PEM, of the authorities that may sign the server's certificate. Left out, those of the system.
    ca: Option<String>,
    /// Schemas to back up, of PostgreSQL only. Left out, all but the system's.
    #[serde(default)]
    schemas: Vec<String>,
    /// Views to back up besides the tables, as a check lists them. At most 200.
    #[serde(default)]
    views: Vec<String>,
    /// Who captures the database. Left out, the service does.
    #[schema(value_type = Option<CapturedByName>)]
    captured_by: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedOmission {
    /// API name of a module.
    module: String,
    /// API name of one of its fields. Left out, the whole module is.
    field: Option<String>,
}

/// A connection that may be tried.
pub struct Wanted {
    pub source: SourceSettings,
    /// `None` to keep the credentials of the present connection.
    pub secret: Option<SourceSecret>,
    pub selection: Selection,
}

/// Reads a request's body.
pub fn read(body: &[u8], profiles: &Profiles) -> Result<Wanted, ApiError> {
    let request: ConnectionRequest = serde_json::from_slice(body).map_err(|_| ApiError::body_not_readable())?;
    let wanted = request.connection;
    let selection = Selection { omitted: omissions(&wanted.omitted)?, profile: profile(wanted.profile, profiles)? };
    match (wanted.kind.as_str(), wanted.database, wanted.zoho) {
        ("native", None, None) => Ok(Wanted { source: SourceSettings::Native {}, secret: None, selection }),
        ("native", None, Some(_)) => Err(invalid("zoho", "Leave zoho out: the native store is not Zoho CRM.")),
        ("native" | "zoho" | "zoho_backup", Some(_), _) => {
            Err(invalid("database", "Leave database out: the CRM is no database."))
        }
        (kind @ ("zoho" | "zoho_backup"), None, zoho) => {
            let zoho = zoho.ok_or_else(|| missing("zoho", "Give the data_center of Zoho CRM."))?;
            let (source, secret) = zoho::read(zoho, kind == "zoho_backup")?;
            Ok(Wanted { source, secret, selection })
        }
        (_, _, Some(_)) => Err(invalid("zoho", "Leave zoho out: the CRM is a database.")),
        (kind, database, None) => {
            let kind = DatabaseKind::named(kind).ok_or_else(unknown_kind)?;
            let database = database.ok_or_else(|| missing("database", "Give the database with its host, name and user."))?;
            let secret = database.password.clone().map(|password| SourceSecret { password, ..SourceSecret::default() });
            Ok(Wanted { source: kind.source(settings(kind, database)?), secret, selection })
        }
    }
}

impl Wanted {
    /// Whether the present connection's credentials may go to this source: only to the same server and user, so that nobody can
    /// have a password that they do not know sent elsewhere.
    pub fn may_keep_secret(&self, present: &Connection) -> bool {
        match (self.source.database(), present.source.database()) {
            (Some(wanted), Some(known)) => self.source.kind() == present.source.kind() && wanted.is_same_login(known),
            _ => false,
        }
    }
}

/// The error of a connection whose password is neither given nor known.
pub fn password_missing() -> ApiError {
    let message =
        "Give the password: the one that is stored belongs to another server or user. Send null for a user without a password.";
    missing_in_database("password", message)
}

fn settings(kind: DatabaseKind, wanted: WantedDatabase) -> Result<DatabaseSettings, ApiError> {
    let host = mandatory("host", wanted.host)?;
    let tls = match wanted.tls.as_deref() {
        None => Tls::default_for(&host),
        Some("verify_full") => Tls::VerifyFull,
        Some("off") => Tls::Off,
        Some(_) => {
            return Err(invalid_in_database("tls", "Set tls to verify_full, or to off for a database on the same machine."));
        }
    };
    if !kind.has_schemas() && !wanted.schemas.is_empty() {
        return Err(invalid_in_database("schemas", "Leave schemas out: only PostgreSQL has them."));
    }
    let captured_by = match wanted.captured_by.as_deref() {
        None => CapturedBy::default(),
        Some(name) => CapturedBy::named(name).ok_or_else(|| {
            invalid_in_database("captured_by", "Set captured_by to service, or to program for hozon capture beside the database.")
        })?,
    };
    let settings = DatabaseSettings {
        port: wanted.port.unwrap_or_else(|| kind.default_port()),
        database: mandatory("name", wanted.name)?,
        user: mandatory("user", wanted.user)?,
        ca: wanted.ca.filter(|pem| !pem.trim().is_empty()),
        schemas: wanted.schemas,
        views: wanted.views,
        files: None,
        captured_by,
        host,
        tls,
    };
    settings.validate().map_err(refused)?;
    Ok(settings)
}

fn unknown_kind() -> ApiError {
    invalid("kind", "Set kind to zoho, zoho_backup, postgres or mysql, or to native for the store that a platform writes.")
}

fn mandatory(field: &str, value: Option<String>) -> Result<String, ApiError> {
    let missing = || missing_in_database(field, &format!("Give the {field} of the database."));
    value.filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn profile(wanted: Option<String>, profiles: &Profiles) -> Result<Option<String>, ApiError> {
    let Some(name) = wanted.filter(|name| !name.is_empty()) else { return Ok(None) };
    profiles.find(&name).map_err(|unknown| invalid("profile", &unknown.to_string()))?;
    Ok(Some(name))
}

fn omissions(wanted: &[WantedOmission]) -> Result<Vec<Omission>, ApiError> {
    if wanted.len() > MAX_OMISSIONS {
        return Err(invalid("omitted", &format!("At most {MAX_OMISSIONS} modules and fields can be left out.")));
    }
    let mut omitted: Vec<_> =
        wanted.iter().map(|wanted| Omission { module: wanted.module.clone(), field: wanted.field.clone() }).collect();
    omitted.sort_unstable();
    omitted.dedup();
    Ok(omitted)
}

fn refused(error: AddressError) -> ApiError {
    let field = match error.field() {
        "database" => "name",
        other => other,
    };
    invalid_in_database(field, &error.to_string())
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid_data(field, &format!("$.connection.{field}"), message)
}

fn missing(field: &str, message: &str) -> ApiError {
    ApiError::mandatory_not_found(field, &format!("$.connection.{field}"), message)
}

fn invalid_in_database(field: &str, message: &str) -> ApiError {
    ApiError::invalid_data(field, &format!("$.connection.database.{field}"), message)
}

fn missing_in_database(field: &str, message: &str) -> ApiError {
    ApiError::mandatory_not_found(field, &format!("$.connection.database.{field}"), message)
}
