//! Connecting: TLS, and the settings of a session that make values readable and nothing wait for long.

use std::net::IpAddr;
use std::time::Duration;

use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::{DatabaseSettings, Tls};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use hozon_shared::telemetry::Causes;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::net::lookup_host;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Postgres;
use crate::errors::{POOLER, source_error};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After this long without an answer a connection counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Settings of every session. Values come as text that PostgreSQL reads back unchanged, whatever the defaults of server,
/// database and user. With `row_security` off, reading rows that a policy hides is an error instead of a smaller result
/// (documentation, "Row Security Policies"). An empty search path qualifies every name.
const SESSION: [(&str, &str); 11] = [
    ("search_path", ""),
    ("timezone", "UTC"),
    ("datestyle", "ISO"),
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("row_security", "off"),
    ("statement_timeout", "0"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "0"),
];

impl Postgres {
    /// Opens a connection, and makes sure that its settings are in effect.
    pub(crate) async fn connect(&self) -> Result<Client, SourceError> {
        let client = self.open(&self.config(&self.allowed_addresses().await?)).await?;
        require_settings(&client).await?;
        Ok(client)
    }

    /// Looks the host up, if not every address may be called. The connection then goes to what was looked up, whatever the
    /// name leads to later; none are returned if every address may be called.
    async fn allowed_addresses(&self) -> Result<Vec<IpAddr>, SourceError> {
        if self.addresses == Addresses::Any {
            return Ok(Vec::new());
        }
        let lookup = lookup_host((self.settings.host.as_str(), self.settings.port));
        let unreachable = |error| SourceError { kind: SourceErrorKind::Unreachable, source: Some(Box::new(error)) };
        let found = tokio::time::timeout(CONNECT_TIMEOUT, lookup).await.map_err(|_| SourceErrorKind::Unreachable)?;
        let all = found.map_err(unreachable)?.map(|address| address.ip());
        let allowed: Vec<_> = all.filter(|address| self.addresses.allow(*address)).collect();
        if allowed.is_empty() { Err(SourceErrorKind::AddressNotAllowed.into()) } else { Ok(allowed) }
    }

    async fn open(&self, config: &Config) -> Result<Client, SourceError> {
        match self.settings.tls {
            Tls::Off => {
                let (client, connection) = config.connect(NoTls).await.map_err(source_error)?;
                tokio::spawn(until_closed(connection));
                Ok(client)
            }
            Tls::VerifyFull => {
                let tls = MakeRustlsConnect::new(tls_config(&self.settings)?);
                let (client, connection) = config.connect(tls).await.map_err(source_error)?;
                tokio::spawn(until_closed(connection));
                Ok(client)
            }
        }
    }

    fn config(&self, addresses: &[IpAddr]) -> Config {
        let settings = &self.settings;
        let options = SESSION.map(|(name, value)| format!("-c {name}={value}")).join(" ");
        let mut config = Config::new();
        if addresses.is_empty() {
            config.host(&settings.host);
        }
        for address in addresses {
            config.host(&settings.host).hostaddr(*address);
        }
        config
            .port(settings.port)
            .dbname(&settings.database)
            .user(&settings.user)
            .application_name("hozon")
            .options(options)
            .ssl_mode(if settings.tls == Tls::Off { SslMode::Disable } else { SslMode::Require })
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(LOST_AFTER)
            .keepalives_idle(KEEPALIVE);
        if let Some(password) = &self.password {
            config.password(password);
        }
        config
    }
}

/// Settings that values and completeness depend on, as the session must have them.
const REQUIRED: &str = r"
select current_setting('row_security') = 'off' and current_setting('timezone') = 'UTC' and current_setting('search_path') = ''
   and current_setting('extra_float_digits') = '3' and current_setting('datestyle') like 'ISO,%' and current_setting('bytea_output') = 'hex'";

/// A pooler may take a connection and drop its settings.
async fn require_settings(client: &Client) -> Result<(), SourceError> {
    let row = client.query_one(REQUIRED, &[]).await.map_err(source_error)?;
    if row.get::<_, bool>(0) { Ok(()) } else { Err(SourceErrorKind::Unsupported(POOLER).into()) }
}

/// Carries the messages of a connection. Its errors also reach whoever waits for an answer.
async fn until_closed<F: Future<Output = Result<(), tokio_postgres::Error>>>(connection: F) {
    if let Err(error) = connection.await {
        tracing::debug!(error = %Causes(&error), "a connection to a source ended");
    }
}

fn tls_config(settings: &DatabaseSettings) -> Result<ClientConfig, SourceError> {
    let mut roots = RootCertStore::empty();
    match &settings.ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(not_trusted)?;
                roots.add(certificate).map_err(not_trusted)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let versions =
        ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into()).with_safe_default_protocol_versions();
    Ok(versions.map_err(not_trusted)?.with_root_certificates(roots).with_no_client_auth())
}

fn not_trusted(error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError { kind: SourceErrorKind::Certificate, source: Some(Box::new(error)) }
}
