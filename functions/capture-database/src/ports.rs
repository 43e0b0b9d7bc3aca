//! Ports of the function.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hozon_connectors::Connectors;
use hozon_shared::aws::Aws;
use hozon_shared::domain::connection::{CapturedBy, Connection};
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{
    Captures, Clock, Connections, Connector, Credentials, ErrorKind, Ids, Objects, PortError, Ports, Progress, Store,
};
use hozon_shared::settings::{capture_time, profiles};
use hozon_shared::snapshots::session::SessionPorts;
use tokio_util::sync::CancellationToken;

/// The ports that the function uses.
#[derive(Clone)]
pub struct CapturePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub progress: Arc<dyn Progress>,
    pub captures: Arc<dyn Captures>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
    pub objects: Arc<dyn Objects>,
    pub session: SessionPorts,
    pub connectors: Connectors,
    pub profiles: Arc<Profiles>,
    /// How long a call should last; `None` where nothing limits it.
    pub call_time: Option<Duration>,
    /// What this process is. A service leaves to the program what that captures; a program captures everything.
    pub runs_as: CapturedBy,
    /// Ends a capture early, without a failure.
    pub stop: CancellationToken,
}

impl CapturePorts {
    /// Selects the function's ports from the common ones, for the service. Calls last as long as they need.
    pub fn new(ports: &Ports, connectors: Connectors, profiles: Arc<Profiles>) -> Self {
        let session = SessionPorts::from(ports);
        let Ports { clock, ids, store, progress, captures, connections, credentials, objects, .. } = ports.clone();
        Self {
            clock,
            ids,
            store,
            progress,
            captures,
            connections,
            credentials,
            objects,
            session,
            connectors,
            profiles,
            call_time: None,
            runs_as: CapturedBy::Service,
            stop: CancellationToken::new(),
        }
    }

    /// Selects the ports of a function in the cloud, as its environment says.
    pub async fn from_env(aws: &Aws, ports: &Ports) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let connectors = Connectors::from_env(aws, ports).await?;
        Ok(Self { call_time: Some(capture_time()?), ..Self::new(ports, connectors, profiles()?.into()) })
    }

    /// Opens what a connection leads to. `backup` is the one that it is read for.
    pub async fn open(&self, connection: &Connection, backup: Option<BackupId>) -> Result<OpenedConnection, PortError> {
        let secret = match self.credentials.get((connection.org, connection.role), connection.id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(OpenedConnection::WithoutSecret),
            other => other?,
        };
        let mut settings = connection.source.clone();
        // The place of files that an operator names for an organisation is that of its CRM, which a restore target must not touch.
        if connection.role.is_source() {
            self.connectors.locate_files(connection.org, &mut settings);
        }
        let connector = self.connectors.open((connection.org, connection.id), backup, &settings, secret);
        Ok(connector.map_or(OpenedConnection::Unsupported, OpenedConnection::Connector))
    }
}

/// What a connection leads to.
pub enum OpenedConnection {
    Connector(Box<dyn Connector>),
    /// Its secret was deleted.
    WithoutSecret,
    /// This process has no connector of that kind.
    Unsupported,
}
