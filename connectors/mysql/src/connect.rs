//! Connecting: TLS, and the settings of a session that make values readable and nothing wait for long.

use hozon_connector_database::{CONNECT_TIMEOUT, KEEPALIVE, OutsideFiles, allowed_addresses, authorities};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::{DatabaseSettings, Tls};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use rustls::crypto::aws_lc_rs;

use crate::errors::{source_error, while_connecting};

/// Largest packet, and with it the longest row, that the protocol allows, in bytes.
const LARGEST_PACKET: usize = 1 << 30;
/// Seconds for which a session may be idle.
const IDLE_SECONDS: usize = 28_800;

/// Settings of every session, whatever the defaults of the server: values come as text that the server reads back unchanged,
/// rows are neither limited nor cut off while the network is slow, and nothing waits long for a lock. Statements in
/// comments are for MariaDB (`M!`) or MySQL (`!`) from that version on only (reference manuals, "Comments").
const SESSION: [&str; 3] = [
    "set names utf8mb4",
    "set session transaction isolation level repeatable read",
    "set session sql_mode = '', time_zone = '+00:00', net_write_timeout = 3600, wait_timeout = 28800, lock_wait_timeout = 10, \
     sql_select_limit = 18446744073709551615, sql_big_selects = 1 \
     /*M!100300 , max_statement_time = 0, idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */ \
     /*!80000 , max_execution_time = 0, information_schema_stats_expiry = 0 */",
];

/// A server's product and version.
pub(crate) struct Version {
    /// Product and version for people.
    pub shown: String,
    is_supported: bool,
}

impl Version {
    /// Reads the version of a server, and refuses one that is too old.
    pub(crate) async fn supported(conn: &mut Conn) -> Result<Self, SourceError> {
        let text: Option<String> = conn.query_first("select version()").await.map_err(source_error)?;
        let version = Self::of(&text.unwrap_or_default());
        if version.is_supported {
            return Ok(version);
        }
        Err(SourceErrorKind::Unsupported("MySQL must be version 5.7 or later, MariaDB 10.3 or later").into())
    }

    fn of(text: &str) -> Self {
        let number = text.split('-').next().unwrap_or(text);
        let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let (product, oldest) = if text.contains("MariaDB") { ("MariaDB", (10, 3)) } else { ("MySQL", (5, 7)) };
        Self { shown: format!("{product} {number}"), is_supported: version >= oldest }
    }
}

/// A database and the password of its user.
#[derive(Clone)]
pub struct Mysql {
    pub(crate) settings: DatabaseSettings,
    /// Where the CRM's attached files outside the database are.
    pub(crate) files: Option<OutsideFiles>,
    password: Option<String>,
    /// Addresses that the server may have.
    addresses: Addresses,
}

impl Mysql {
    /// Does not connect yet.
    pub fn new(settings: DatabaseSettings, password: Option<String>, addresses: Addresses) -> Self {
        Self { settings, files: None, password, addresses }
    }

    /// Reads attached files outside the database there.
    pub fn with_files(self, files: Option<OutsideFiles>) -> Self {
        Self { files, ..self }
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Conn, SourceError> {
        let options = self.options()?.resolved_ips(allowed_addresses(&self.settings, self.addresses).await?);
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, Conn::new(options)).await;
        let connected = connecting.map_err(|_| SourceErrorKind::Unreachable)?;
        connected.map_err(|error| while_connecting(error, &self.settings.database))
    }

    fn options(&self) -> Result<OptsBuilder, SourceError> {
        let settings = &self.settings;
        let tls = match settings.tls {
            Tls::Off => None,
            Tls::VerifyFull => Some(tls(settings)?),
        };
        Ok(OptsBuilder::default()
            .ip_or_hostname(&settings.host)
            .tcp_port(settings.port)
            .db_name(Some(&settings.database))
            .user(Some(&settings.user))
            .pass(self.password.as_ref())
            .ssl_opts(tls)
            .init(SESSION.to_vec())
            .prefer_socket(false)
            .stmt_cache_size(0)
            .max_allowed_packet(Some(LARGEST_PACKET))
            .wait_timeout(Some(IDLE_SECONDS))
            .tcp_keepalive(Some(KEEPALIVE)))
    }
}

fn tls(settings: &DatabaseSettings) -> Result<SslOpts, SourceError> {
    // The client takes the provider of the process.
    let _ = aws_lc_rs::default_provider().install_default();
    let roots = authorities(settings.ca.as_deref())?.into_iter().map(|certificate| certificate.to_vec().into()).collect();
    Ok(SslOpts::default().with_root_certs(roots).with_disable_built_in_roots(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_not_supported() {
        for (text, shown, is_supported) in [
            ("10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19", true),
            ("10.2.44-MariaDB", "MariaDB 10.2.44", false),
            ("8.0.36", "MySQL 8.0.36", true),
            ("5.6.51-log", "MySQL 5.6.51", false),
        ] {
            let version = Version::of(text);
            assert_eq!((version.shown.as_str(), version.is_supported), (shown, is_supported));
        }
    }
}
