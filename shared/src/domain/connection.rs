//! Connections: how an organisation's CRM is reached. Credentials are kept apart, in a secret, and never come back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{ConnectionId, OrgId};
use super::organisation::Person;
use super::source::{Gap, GapKind, SourceModule};

/// Port of PostgreSQL if none is given.
pub const POSTGRES_PORT: u16 = 5432;
/// Longest host, database, user or schema name, in bytes. PostgreSQL's own names have up to 63 bytes, DNS names 253.
const LONGEST_NAME: usize = 253;
/// Most certificates, in bytes. A connection is one item of the table.
const LONGEST_PEM: usize = 64 << 10;
/// Maximum number of modules and fields that a connection leaves out.
pub const MAX_OMISSIONS: usize = 500;

/// How an organisation's CRM is reached. An organisation without a connection uses the native store. `version` counts
/// changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub org: OrgId,
    /// Names this state of the settings; its credentials are stored under it.
    pub id: ConnectionId,
    pub source: SourceSettings,
    /// Modules and fields that the administrator leaves out.
    #[serde(default)]
    pub omitted: Vec<Omission>,
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

/// A module, or a field of it, that the administrator leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Omission {
    /// The module's API name.
    pub module: String,
    /// The field's API name; `None` leaves out the whole module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Divides what a source shows into the modules to back up, and what the administrator leaves out of them. An omission that
/// names nothing of the source has no effect. A module without remaining fields is left out.
pub fn without_omissions(modules: &[SourceModule], omitted: &[Omission]) -> (Vec<SourceModule>, Vec<Gap>) {
    let is_omitted =
        |module: &str, field: Option<&str>| omitted.iter().any(|known| known.module == module && known.field.as_deref() == field);
    let gap = |module: &SourceModule, field: Option<&str>| Gap {
        module: module.api_name.clone(),
        field: field.map(str::to_owned),
        kind: GapKind::Omitted,
    };
    let (mut kept, mut gaps) = (Vec::new(), Vec::new());
    for module in modules {
        let name = &module.api_name;
        let (left_out, fields): (Vec<_>, Vec<_>) =
            module.fields.iter().cloned().partition(|field| is_omitted(name, Some(&field.api_name)));
        if fields.is_empty() || is_omitted(name, None) {
            gaps.push(gap(module, None));
            continue;
        }
        gaps.extend(left_out.iter().map(|field| gap(module, Some(&field.api_name))));
        kept.push(SourceModule { fields, ..module.clone() });
    }
    (kept, gaps)
}

/// Reasons why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("Give an address like postgres://user:password@host:5432/database.")]
    NotAnAddress,
    #[error("Only addresses that begin with postgres:// or postgresql:// can be connected.")]
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
    #[error("Remove the parameters that are not supported; only sslmode and schemas are.")]
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
        }
    }

    /// Address for people and logs, without user and password; empty for the native store.
    pub fn shown(&self) -> String {
        match self {
            Self::Native {} => String::new(),
            Self::Postgres(settings) => settings.shown(),
        }
    }

    /// Whether backups capture the source first. The native store is written by the platform instead.
    pub fn is_captured(&self) -> bool {
        !matches!(self, Self::Native {})
    }
}

impl DatabaseSettings {
    /// Reads an address, for example `postgres://user:password@host:5432/database?sslmode=verify-full&schemas=public`.
    /// Returns the settings and the password. TLS is required unless the database runs on the same machine; the modes
    /// `require` and `verify-ca` are raised to `verify-full`.
    pub fn parse(address: &str) -> Result<(Self, Option<String>), AddressError> {
        let (scheme, rest) = address.split_once("://").ok_or(AddressError::NotAnAddress)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(AddressError::Scheme);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').ok_or(AddressError::Database)?;
        let (credentials, server) = authority.rsplit_once('@').ok_or(AddressError::User)?;
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password)?)),
            None => (credentials, None),
        };
        let (host, port) = host_and_port(server)?;
        let mut settings = Self {
            tls: Tls::default_for(&host),
            host,
            port,
            database: decoded(database)?,
            user: decoded(user)?,
            ca: None,
            schemas: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => settings.tls = tls_of(&value)?,
                "schemas" => settings.schemas = value.split(',').map(|name| name.trim().to_owned()).collect(),
                _ => return Err(AddressError::Parameter),
            }
        }
        settings.validate()?;
        Ok((settings, password))
    }

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
        if !self.schemas.iter().all(|name| is_name(name)) {
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

fn host_and_port(server: &str) -> Result<(String, u16), AddressError> {
    let (host, port) = match server.strip_prefix('[') {
        Some(address) => {
            let (host, rest) = address.split_once(']').ok_or(AddressError::Host)?;
            (host, rest.strip_prefix(':'))
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let port = port.map_or(Ok(POSTGRES_PORT), |port| port.parse().map_err(|_| AddressError::Host))?;
    Ok((decoded(host)?, port))
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| AddressError::NotAnAddress)?;
    Ok(decoded.into_owned())
}

fn tls_of(mode: &str) -> Result<Tls, AddressError> {
    match mode {
        "disable" => Ok(Tls::Off),
        "require" | "verify-ca" | "verify-full" => Ok(Tls::VerifyFull),
        _ => Err(AddressError::SslMode),
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
mod tests {
    use super::*;
    use crate::domain::crm::{DataCategory, Field};

    fn parsed(address: &str) -> (DatabaseSettings, Option<String>) {
        DatabaseSettings::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"))
    }

    #[test]
    fn addresses_are_read_as_other_clients_read_them() {
        let (settings, password) = parsed("postgresql://hozon:p%40ss%3Aw@db.example.com/crm?schemas=public,%20sales");
        assert_eq!((settings.host.as_str(), settings.port, settings.database.as_str()), ("db.example.com", 5432, "crm"));
        assert_eq!((settings.user.as_str(), password.as_deref()), ("hozon", Some("p@ss:w")));
        assert_eq!(
            (settings.tls, settings.schemas.as_slice()),
            (Tls::VerifyFull, &["public".to_owned(), "sales".to_owned()][..])
        );
        let (settings, password) = parsed("postgres://crm@[::1]:5433/%E9%A1%A7%E5%AE%A2");
        assert_eq!((settings.shown().as_str(), settings.tls, password), ("[::1]:5433/顧客", Tls::Off, None));
        assert_eq!(parsed("postgres://crm@db.example.com/crm?sslmode=require").0.tls, Tls::VerifyFull);
    }

    #[test]
    fn modules_and_fields_are_left_out_by_name_and_listed() {
        let field = |name: &str| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        };
        let module = |name: &str, fields: &[&str]| SourceModule {
            api_name: name.to_owned(),
            label: String::new(),
            contents: DataCategory::Crm,
            fields: fields.iter().map(|name| field(name)).collect(),
            estimated_rows: None,
            bytes: None,
        };
        let omission =
            |module: &str, field: Option<&str>| Omission { module: module.to_owned(), field: field.map(str::to_owned) };
        let modules = [
            module("deal", &["id", "sum"]),
            module("log", &["id"]),
            module("note", &["text"]),
            module("user", &["id", "secret"]),
        ];
        let omitted =
            [omission("gone", None), omission("log", None), omission("note", Some("text")), omission("user", Some("secret"))];
        let (kept, gaps) = without_omissions(&modules, &omitted);
        assert_eq!(kept, [module("deal", &["id", "sum"]), module("user", &["id"])]);
        let gaps: Vec<_> = gaps.iter().map(|gap| (gap.module.as_str(), gap.field.as_deref(), gap.kind)).collect();
        assert_eq!(
            gaps,
            [("log", None, GapKind::Omitted), ("note", None, GapKind::Omitted), ("user", Some("secret"), GapKind::Omitted)]
        );
    }

    #[test]
    fn a_password_goes_to_no_other_server_and_user() {
        let settings = |address: &str| parsed(address).0;
        let here = settings("postgres://crm:x@db.example.com/crm");
        assert!(here.is_same_login(&settings("postgres://crm@db.example.com:5432/other?schemas=a")));
        for other in [
            "postgres://crm@evil.example.com/crm",
            "postgres://root@db.example.com/crm",
            "postgres://crm@db.example.com:5433/crm",
        ] {
            assert!(!here.is_same_login(&settings(other)), "{other}");
        }
        let with = |ca: String| DatabaseSettings { ca: Some(ca), ..here.clone() }.validate();
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(with(pem.to_owned()), Ok(()));
        assert_eq!(
            (with("x".to_owned()), with(pem.repeat(2000))),
            (Err(AddressError::Certificates), Err(AddressError::Certificates))
        );
        assert!(!here.is_same_login(&DatabaseSettings { ca: Some("another".to_owned()), ..here.clone() }));
    }

    #[test]
    fn what_is_missing_or_unsafe_is_refused_with_its_field() {
        for (address, refused) in [
            ("db.example.com", AddressError::NotAnAddress),
            ("mysql://a:b@c/d", AddressError::Scheme),
            ("postgres://db.example.com/crm", AddressError::User),
            ("postgres://:x@db.example.com/crm", AddressError::User),
            ("postgres://a@db.example.com", AddressError::Database),
            ("postgres://a@db.example.com/", AddressError::Database),
            ("postgres://a@/crm", AddressError::Host),
            ("postgres://a@host:x/crm", AddressError::Host),
            ("postgres://a@host:0/crm", AddressError::Host),
            ("postgres://a@host/crm?sslmode=prefer", AddressError::SslMode),
            ("postgres://a@host/crm?sslmode=disable", AddressError::Unencrypted),
            ("postgres://a@host/crm?options=-c", AddressError::Parameter),
        ] {
            assert_eq!(DatabaseSettings::parse(address).expect_err(address), refused, "{address}");
        }
    }
}
