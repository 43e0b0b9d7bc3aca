//! Connecting: TLS, and the settings of a session that make values readable and nothing wait for long.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hozon_connector_database::{CONNECT_TIMEOUT, KEEPALIVE, OutsideFiles, allowed_addresses, authorities, not_trusted};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::{DatabaseSettings, Tls};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use hozon_shared::telemetry::Causes;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::AbortHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::{POOLER, source_error};

/// After this long without an answer a connection counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(60);

/// Settings of every session. Values come as text that PostgreSQL reads back unchanged, whatever the defaults of server,
/// database and user. With `row_security` off, reading rows that a policy hides is an error instead of a smaller result
/// (documentation, "Row Security Policies"). Rows in file order always begin at the
/// file's beginning and come from one process; where an index has the wanted order, nothing is sorted.
/// A plan that sorts although sorting is off counts as expensive, so that the server would compile each such query of its catalogue.
const SESSION: [(&str, &str); 14] = [
    ("timezone", "UTC"),
    ("datestyle", "ISO"),
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("row_security", "off"),
    ("synchronize_seqscans", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("enable_sort", "off"),
    ("jit", "off"),
    ("statement_timeout", "0"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "0"),
];

/// An empty search path qualifies every name. A session that writes sets it itself, since triggers of the CRM may need the user's own.
const NO_SEARCH_PATH: (&str, &str) = ("search_path", "");

/// A connection. It closes when it is dropped; one whose query was abandoned is cut, because the server would otherwise go on with
/// that query until somebody has read the rest of its answer, which a suspended function does not.
pub(crate) struct Connection {
    client: Client,
    /// Ends the task that carries the messages.
    carrier: AbortHandle,
    is_abandoned: AtomicBool,
}

impl Connection {
    /// Notes that the answer to a query will not be read to its end.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if *self.is_abandoned.get_mut() {
            self.carrier.abort();
        }
    }
}

/// A database and the password of its user.
#[derive(Clone)]
pub struct Postgres {
    pub(crate) settings: DatabaseSettings,
    /// Where the CRM's attached files outside the database are.
    pub(crate) files: Option<OutsideFiles>,
    password: Option<String>,
    addresses: Addresses,
}

impl Postgres {
    /// Does not connect yet. A host outside `addresses` is never called.
    pub fn new(settings: DatabaseSettings, password: Option<String>, addresses: Addresses) -> Self {
        Self { settings, files: None, password, addresses }
    }

    /// Reads attached files outside the database there.
    pub fn with_files(self, files: Option<OutsideFiles>) -> Self {
        Self { files, ..self }
    }

    /// Opens a connection, and makes sure that its settings are in effect.
    pub(crate) async fn connect(&self) -> Result<Connection, SourceError> {
        let addresses = allowed_addresses(&self.settings, self.addresses).await?;
        let connection = self.open(&self.config(addresses.as_deref(), &[NO_SEARCH_PATH])).await?;
        require_settings(&connection).await?;
        Ok(connection)
    }

    /// Opens a connection whose search path is the user's own, and returns that path. The session's is empty then, so that values are
    /// read as captures read them.
    pub(crate) async fn connect_for_writing(&self) -> Result<(Connection, String), SourceError> {
        let addresses = allowed_addresses(&self.settings, self.addresses).await?;
        let connection = self.open(&self.config(addresses.as_deref(), &[])).await?;
        let path = connection.query_one("select current_setting('search_path')", &[]).await.map_err(source_error)?.get(0);
        connection.batch_execute("select pg_catalog.set_config('search_path', '', false)").await.map_err(source_error)?;
        require_settings(&connection).await?;
        Ok((connection, path))
    }

    async fn open(&self, config: &Config) -> Result<Connection, SourceError> {
        let (client, carrier) = match self.settings.tls {
            Tls::Off => {
                let (client, messages) = config.connect(NoTls).await.map_err(source_error)?;
                (client, tokio::spawn(until_closed(messages)))
            }
            Tls::VerifyFull => {
                let tls = MakeRustlsConnect::new(tls_config(&self.settings)?);
                let (client, messages) = config.connect(tls).await.map_err(source_error)?;
                (client, tokio::spawn(until_closed(messages)))
            }
        };
        Ok(Connection { client, carrier: carrier.abort_handle(), is_abandoned: AtomicBool::new(false) })
    }

    fn config(&self, addresses: Option<&[IpAddr]>, more: &[(&str, &str)]) -> Config {
        let settings = &self.settings;
        let options: Vec<_> = SESSION.iter().chain(more).map(|(name, value)| format!("-c {name}={value}")).collect();
        let mut config = Config::new();
        if addresses.is_none() {
            config.host(&settings.host);
        }
        for address in addresses.unwrap_or_default() {
            config.host(&settings.host).hostaddr(*address);
        }
        config
            .port(settings.port)
            .dbname(&settings.database)
            .user(&settings.user)
            .application_name("hozon")
            .options(options.join(" "))
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
async fn until_closed<F: Future<Output = Result<(), tokio_postgres::Error>>>(messages: F) {
    if let Err(error) = messages.await {
        tracing::debug!(error = %Causes(&error), "a connection to a source ended");
    }
}

fn tls_config(settings: &DatabaseSettings) -> Result<ClientConfig, SourceError> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities(settings.ca.as_deref())? {
        roots.add(certificate).map_err(not_trusted)?;
    }
    let versions =
        ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into()).with_safe_default_protocol_versions();
    Ok(versions.map_err(not_trusted)?.with_root_certificates(roots).with_no_client_auth())
}
