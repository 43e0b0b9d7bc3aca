//! Connecting: TLS, and the settings of a session that make values readable and nothing wait for long.

use std::net::IpAddr;
use std::time::Duration;

use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::{DatabaseSettings, Tls};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::net::lookup_host;

use crate::Mysql;
use crate::errors::{source_error, while_connecting};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE: Duration = Duration::from_secs(20);
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

impl Mysql {
    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Conn, SourceError> {
        let options = self.options()?.resolved_ips(self.allowed_addresses().await?);
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, Conn::new(options)).await;
        let connected = connecting.map_err(|_| SourceErrorKind::Unreachable)?;
        connected.map_err(|error| while_connecting(error, &self.settings.database))
    }

    /// Looks the host up, if not every address may be called. The connection then goes to what was looked up, whatever the
    /// name leads to later; `None` if every address may be called.
    async fn allowed_addresses(&self) -> Result<Option<Vec<IpAddr>>, SourceError> {
        if self.addresses == Addresses::Any {
            return Ok(None);
        }
        let lookup = lookup_host((self.settings.host.as_str(), self.settings.port));
        let unreachable = |error| SourceError { kind: SourceErrorKind::Unreachable, source: Some(Box::new(error)) };
        let found = tokio::time::timeout(CONNECT_TIMEOUT, lookup).await.map_err(|_| SourceErrorKind::Unreachable)?;
        let all = found.map_err(unreachable)?.map(|address| address.ip());
        let allowed: Vec<_> = all.filter(|address| self.addresses.allow(*address)).collect();
        if allowed.is_empty() { Err(SourceErrorKind::AddressNotAllowed.into()) } else { Ok(Some(allowed)) }
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
    let certificates: Vec<CertificateDer<'static>> = match &settings.ca {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(not_trusted)?,
        None => rustls_native_certs::load_native_certs().certs.into_iter().filter(is_usable).collect(),
    };
    let roots = certificates.into_iter().map(|certificate| certificate.to_vec().into()).collect();
    Ok(SslOpts::default().with_root_certs(roots).with_disable_built_in_roots(true))
}

/// Some authorities of operating systems have certificates that TLS cannot use.
fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn not_trusted(error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError { kind: SourceErrorKind::Certificate, source: Some(Box::new(error)) }
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
