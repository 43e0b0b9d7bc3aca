//! Connections: how an organisation's CRM is reached. Credentials are kept apart, in a secret, and never come back.

mod role;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{ConnectionId, OrgId};
use super::organisation::Person;
use super::selection::Selection;
use super::zoho::{BackupChoice, ZohoBackupSettings, ZohoSettings};

pub use role::ConnectionRole;

/// Longest host, database, user or schema name, in bytes. PostgreSQL's own names have up to 63 bytes, DNS names 253.
const LONGEST_NAME: usize = 253;
/// Most certificates, in bytes. A connection is one item of the table.
const LONGEST_PEM: usize = 64 << 10;
/// Maximum number of views that a connection names.
const MAX_VIEWS: usize = 200;

/// How an organisation's CRM, or its restore target, is reached. An organisation without a connection uses the native store. `version`
/// counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub org: OrgId,
    /// Names this state of the settings; its credentials are stored under it.
    pub id: ConnectionId,
    #[serde(default, skip_serializing_if = "ConnectionRole::is_source")]
    pub role: ConnectionRole,
    pub source: SourceSettings,
    #[serde(flatten)]
    pub selection: Selection,
    /// Whether drills may delete everything in the database. Of a restore target only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drills: bool,
    pub set_by: Person,
    pub set_at: DateTime<Utc>,
    /// Zero before the connection is first stored.
    pub version: u64,
}

/// The kind of a source, with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceSettings {
    /// The store that a platform writes.
    Native {},
    Postgres(DatabaseSettings),
    /// MySQL or MariaDB.
    Mysql(DatabaseSettings),
    /// Zoho CRM, by its API.
    Zoho(ZohoSettings),
    /// Zoho CRM, by the backups that it makes of itself.
    ZohoBackup(ZohoBackupSettings),
}

/// The products whose databases can be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Postgres,
    /// MySQL or MariaDB.
    Mysql,
}

impl DatabaseKind {
    /// Returns the kind by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "postgres" => Some(Self::Postgres),
            "mysql" => Some(Self::Mysql),
            _ => None,
        }
    }

    /// The port if none is given.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }

    /// Whether a database is divided into schemas. On MySQL both words mean the same.
    pub fn has_schemas(self) -> bool {
        self == Self::Postgres
    }

    /// Adds the kind to settings.
    pub fn source(self, settings: DatabaseSettings) -> SourceSettings {
        match self {
            Self::Postgres => SourceSettings::Postgres(settings),
            Self::Mysql => SourceSettings::Mysql(settings),
        }
    }
}

/// Who captures a database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturedBy {
    /// The service itself.
    #[default]
    Service,
    /// The program that an operator runs beside the database. Runs wait for it.
    Program,
}

impl CapturedBy {
    /// Returns the value by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Service, Self::Program].into_iter().find(|known| known.name() == name)
    }

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Program => "program",
        }
    }

    fn is_service(&self) -> bool {
        *self == Self::Service
    }
}

/// Address of a database, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSettings {
    /// DNS name or IP address.
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub tls: Tls,
    /// Certificates, in PEM, of the authorities that may sign the server's certificate; `None` for those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Schemas to back up; empty for all but the system's.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Views to back up besides the tables. On PostgreSQL a name may have its schema in front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<String>,
    /// Folder on the machine that reads the CRM, or bucket (`s3://NAME/PREFIX`), in which the CRM's attached files lie. Only the
    /// operator sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    #[serde(default, skip_serializing_if = "CapturedBy::is_service")]
    pub captured_by: CapturedBy,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Encrypted; the server's certificate and name are verified.
    VerifyFull,
    /// Not encrypted. Allowed only on the machine itself.
    Off,
}

impl Tls {
    /// The protection of a connection to a host if none is chosen.
    pub fn default_for(host: &str) -> Self {
        if is_same_machine(host) { Self::Off } else { Self::VerifyFull }
    }
}

/// Reasons why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("Give an address like postgres://user:password@host:5432/database or mysql://user:password@host:3306/database.")]
    NotAnAddress,
    #[error("Only addresses that begin with postgres://, postgresql://, mysql:// or mariadb:// can be connected.")]
    Scheme,
    #[error("Give the host of the database.")]
    Host,
    #[error("Give the name of the database after the host.")]
    Database,
    #[error("Give the user in front of the host.")]
    User,
    #[error("Set sslmode to verify-full, or to disable if the database runs on the same machine.")]
    SslMode,
    #[error("A connection without TLS is only allowed to a database on the same machine.")]
    Unencrypted,
    #[error("Give certificates in PEM, of at most 64 KiB together.")]
    Certificates,
    #[error("Remove the parameters that are not supported; only sslmode and views are, and schemas of PostgreSQL.")]
    Parameter,
}

impl AddressError {
    /// Returns the setting at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::NotAnAddress | Self::Scheme | Self::Parameter => "address",
            Self::Host => "host",
            Self::Database => "database",
            Self::User => "user",
            Self::SslMode | Self::Unencrypted => "tls",
            Self::Certificates => "ca",
        }
    }
}

impl SourceSettings {
    /// Name of the kind, as in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Native {} => "native",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
            Self::Zoho(_) => "zoho",
            Self::ZohoBackup(_) => "zoho_backup",
        }
    }

    /// Zoho CRM: by its API, or by its own backups if one of them is chosen.
    pub fn of_zoho(login: ZohoSettings, backup: Option<BackupChoice>) -> Self {
        match backup {
            None => Self::Zoho(login),
            Some(backup) => Self::ZohoBackup(ZohoBackupSettings { login, backup }),
        }
    }

    /// Keeps the place of files of `present` if that is the same database with the same login. Only the operator chooses it: who
    /// chose both the place and what the database says of it could read other files.
    pub fn keep_files(&mut self, present: Option<&Self>) {
        let is_same =
            |own: &DatabaseSettings, known: &DatabaseSettings| own.is_same_login(known) && own.database == known.database;
        let present = present.filter(|present| present.kind() == self.kind());
        let known = present.and_then(Self::database).filter(|known| self.database().is_some_and(|own| is_same(own, known)));
        let files = known.and_then(|known| known.files.clone());
        self.set_files(files);
    }

    /// Keeps what only others than the administrator choose: the place of files, and the organisation's name if it is the same
    /// login.
    pub fn keep_known(&mut self, present: Option<&Self>) {
        self.keep_files(present);
        let known = present.and_then(Self::zoho);
        if let (Self::Zoho(own) | Self::ZohoBackup(ZohoBackupSettings { login: own, .. }), Some(known)) = (self, known)
            && own.is_same_login(known)
        {
            own.organisation.clone_from(&known.organisation);
        }
    }

    /// Sets where the CRM's attached files lie.
    pub fn set_files(&mut self, files: Option<String>) {
        if let Self::Postgres(settings) | Self::Mysql(settings) = self {
            settings.files = files;
        }
    }

    /// Whether it is known where attached files outside the database lie.
    pub fn has_files(&self) -> bool {
        self.database().is_some_and(|settings| settings.files.is_some())
    }

    /// The database's address, if the source is a database.
    pub fn database(&self) -> Option<&DatabaseSettings> {
        match self {
            Self::Postgres(settings) | Self::Mysql(settings) => Some(settings),
            Self::Native {} | Self::Zoho(_) | Self::ZohoBackup(_) => None,
        }
    }

    /// Whether both lead to one database, as far as their addresses say.
    pub fn is_same_database(&self, other: &Self) -> bool {
        let place = |source: &Self| {
            let settings = source.database()?;
            Some((source.kind(), settings.host.to_ascii_lowercase(), settings.port, settings.database.clone()))
        };
        place(self).is_some_and(|own| place(other) == Some(own))
    }

    /// How Zoho CRM is reached, if that is the source.
    pub fn zoho(&self) -> Option<&ZohoSettings> {
        match self {
            Self::Zoho(settings) => Some(settings),
            Self::ZohoBackup(settings) => Some(&settings.login),
            _ => None,
        }
    }

    /// Which of Zoho's own backups is taken, if those are the source.
    pub fn backup_choice(&self) -> Option<BackupChoice> {
        if let Self::ZohoBackup(settings) = self { Some(settings.backup) } else { None }
    }

    /// Address for people and logs, without user and password; empty for the native store.
    pub fn shown(&self) -> String {
        match self {
            Self::Native {} => String::new(),
            Self::Postgres(settings) | Self::Mysql(settings) => settings.shown(),
            Self::Zoho(settings) => settings.shown(),
            Self::ZohoBackup(settings) => settings.login.shown(),
        }
    }

    /// Who captures the source.
    pub fn captured_by(&self) -> CapturedBy {
        self.database().map(|settings| settings.captured_by).unwrap_or_default()
    }

    /// Whether backups capture the source first. The native store is written by the platform instead.
    pub fn is_captured(&self) -> bool {
        !matches!(self, Self::Native {})
    }
}

impl DatabaseSettings {
    /// Checks what a person has entered.
    pub fn validate(&self) -> Result<(), AddressError> {
        if !is_name(&self.host) || self.host.contains(char::is_whitespace) || self.port == 0 {
            return Err(AddressError::Host);
        }
        if !is_name(&self.database) {
            return Err(AddressError::Database);
        }
        if !is_name(&self.user) {
            return Err(AddressError::User);
        }
        let are_few = self.views.len() <= MAX_VIEWS;
        if !are_few || !self.schemas.iter().chain(&self.views).all(|name| is_name(name)) {
            return Err(AddressError::Parameter);
        }
        if !self.ca.as_deref().is_none_or(is_certificates) {
            return Err(AddressError::Certificates);
        }
        if self.tls == Tls::Off && !is_same_machine(&self.host) {
            return Err(AddressError::Unencrypted);
        }
        Ok(())
    }

    /// Whether a password for one of the two servers may be sent to the other: it is the same one, with the same user and the
    /// same protection.
    pub fn is_same_login(&self, other: &Self) -> bool {
        let login =
            |settings: &Self| (settings.host.clone(), settings.port, settings.user.clone(), settings.tls, settings.ca.clone());
        login(self) == login(other)
    }

    /// Address without user and password, for people and logs.
    pub fn shown(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}/{}", self.port, self.database)
    }
}

fn is_same_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_certificates(pem: &str) -> bool {
    pem.len() <= LONGEST_PEM && pem.contains("-----BEGIN CERTIFICATE-----") && pem.contains("-----END CERTIFICATE-----")
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
