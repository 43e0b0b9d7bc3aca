//! A database in requests: how it is reached, with its password.

use hozon_shared::api::closed_sets::{CapturedByName, TlsMode};
use hozon_shared::api::{ApiError, named};
use hozon_shared::domain::connection::{AddressError, CapturedBy, DatabaseKind, DatabaseSettings, Tls};
use hozon_shared::ports::SourceSecret;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedDatabase {
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

/// Name of the object of the body that has a connection. Errors locate values by it.
#[derive(Debug, Clone, Copy)]
pub struct Within(pub &'static str);

impl Within {
    /// The error of an invalid value.
    pub fn invalid(self, field: &str, message: &str) -> ApiError {
        ApiError::invalid_data(field, &format!("$.{}.{field}", self.0), message)
    }

    /// The error of a missing value.
    pub fn missing(self, field: &str, message: &str) -> ApiError {
        ApiError::mandatory_not_found(field, &format!("$.{}.{field}", self.0), message)
    }

    /// The error of a connection whose password is neither given nor known.
    pub fn password_missing(self) -> ApiError {
        let message = "Give the password: the one that is stored belongs to another server or user. Send null for a user without a password.";
        self.missing_in_database("password", message)
    }

    /// The error of an invalid value of the database.
    pub fn invalid_in_database(self, field: &str, message: &str) -> ApiError {
        ApiError::invalid_data(field, &format!("$.{}.database.{field}", self.0), message)
    }

    fn missing_in_database(self, field: &str, message: &str) -> ApiError {
        ApiError::mandatory_not_found(field, &format!("$.{}.database.{field}", self.0), message)
    }

    fn mandatory(self, field: &str, value: Option<String>) -> Result<String, ApiError> {
        let missing = || self.missing_in_database(field, &format!("Give the {field} of the database."));
        value.filter(|value| !value.is_empty()).ok_or_else(missing)
    }

    fn refused(self, error: AddressError) -> ApiError {
        let field = match error.field() {
            "database" => "name",
            other => other,
        };
        self.invalid_in_database(field, &error.to_string())
    }
}

/// Reads how a database is reached, and its password if one is given.
pub fn read(
    kind: DatabaseKind,
    wanted: WantedDatabase,
    within: Within,
) -> Result<(DatabaseSettings, Option<SourceSecret>), ApiError> {
    let secret = wanted.password.clone().map(|password| SourceSecret { password, ..SourceSecret::default() });
    let host = within.mandatory("host", wanted.host)?;
    let tls = match wanted.tls.as_deref() {
        None => Tls::default_for(&host),
        Some("verify_full") => Tls::VerifyFull,
        Some("off") => Tls::Off,
        Some(_) => {
            let message = "Set tls to verify_full, or to off for a database on the same machine.";
            return Err(within.invalid_in_database("tls", message));
        }
    };
    if !kind.has_schemas() && !wanted.schemas.is_empty() {
        return Err(within.invalid_in_database("schemas", "Leave schemas out: only PostgreSQL has them."));
    }
    let settings = DatabaseSettings {
        port: wanted.port.unwrap_or_else(|| kind.default_port()),
        database: within.mandatory("name", wanted.name)?,
        user: within.mandatory("user", wanted.user)?,
        ca: wanted.ca.filter(|pem| !pem.trim().is_empty()),
        schemas: wanted.schemas,
        views: wanted.views,
        files: None,
        captured_by: captured_by(wanted.captured_by.as_deref(), within)?,
        host,
        tls,
    };
    settings.validate().map_err(|error| within.refused(error))?;
    Ok((settings, secret))
}

fn captured_by(name: Option<&str>, within: Within) -> Result<CapturedBy, ApiError> {
    let message = "Set captured_by to service, or to program for hozon capture beside the database.";
    let unknown = || within.invalid_in_database("captured_by", message);
    name.map_or(Ok(CapturedBy::default()), |name| CapturedBy::named(name).ok_or_else(unknown))
}
