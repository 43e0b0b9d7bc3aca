//! The connection that a caller asks for, validated.

use hozon_shared::api::ApiError;
use hozon_shared::api::closed_sets::ConnectionKind;
use hozon_shared::domain::connection::{Connection, DatabaseKind, SourceSettings};
use hozon_shared::domain::profile::Profiles;
use hozon_shared::domain::selection::{MAX_OMISSIONS, Omission, Selection};
use hozon_shared::ports::SourceSecret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::database::{self, WantedDatabase, Within};
use crate::zoho::{self, WantedZoho};

/// Where a request names the connection.
pub const IN_CONNECTION: Within = Within("connection");

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
    let selection =
        Selection { omitted: omissions(&wanted.omitted)?, profile: profile(wanted.profile, profiles, IN_CONNECTION)? };
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
            let (settings, secret) = database::read(kind, database, IN_CONNECTION)?;
            Ok(Wanted { source: kind.source(settings), secret, selection })
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

fn unknown_kind() -> ApiError {
    invalid("kind", "Set kind to zoho, zoho_backup, postgres or mysql, or to native for the store that a platform writes.")
}

/// Returns the name of a known profile; `None` where none is wanted.
pub fn profile(wanted: Option<String>, profiles: &Profiles, within: Within) -> Result<Option<String>, ApiError> {
    let Some(name) = wanted.filter(|name| !name.is_empty()) else { return Ok(None) };
    profiles.find(&name).map_err(|unknown| within.invalid("profile", &unknown.to_string()))?;
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

fn invalid(field: &str, message: &str) -> ApiError {
    IN_CONNECTION.invalid(field, message)
}

fn missing(field: &str, message: &str) -> ApiError {
    IN_CONNECTION.missing(field, message)
}
