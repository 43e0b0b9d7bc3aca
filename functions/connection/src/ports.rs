//! Ports of the function, and what it reads through them.

use std::sync::Arc;

use hozon_connectors::Connectors;
use hozon_shared::api::{ApiError, OncePorts};
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{ErrorKind, Ports, SourceSecret, Store};

use crate::wanted::{Wanted, password_missing};

/// The ports that the function uses.
#[derive(Clone)]
pub struct ConnectionPorts {
    pub connecting: ConnectingPorts,
    pub store: Arc<dyn Store>,
    pub once: OncePorts,
    pub connectors: Connectors,
    pub profiles: Arc<Profiles>,
}

impl ConnectionPorts {
    /// Selects the function's ports from the common ones.
    pub fn new(ports: &Ports, connectors: Connectors, profiles: Arc<Profiles>) -> Self {
        let connecting = ConnectingPorts::from(ports);
        Self { connecting, store: ports.store.clone(), once: OncePorts::from(ports), connectors, profiles }
    }
}

impl ConnectionPorts {
    /// The connection that is set, with its credentials.
    pub async fn present(&self, org: OrgId) -> Result<(Connection, SourceSecret), ApiError> {
        let connection = self.connecting.connections.connection(org).await?;
        let connection =
            connection.ok_or_else(|| ApiError::not_allowed("No connection is set. Set one, or send the one to check."))?;
        let secret = self.stored_secret(org, connection.id).await?;
        Ok((connection, secret))
    }

    /// The present connection, and the credentials that a wanted one uses: its own, or the stored ones if those may be kept.
    pub async fn secret_for(&self, org: OrgId, wanted: &Wanted) -> Result<(Option<Connection>, SourceSecret), ApiError> {
        let present = self.connecting.connections.connection(org).await?;
        let secret = match (&wanted.secret, &present) {
            (Some(secret), _) => secret.clone(),
            (None, Some(present)) if wanted.may_keep_secret(present) => self.stored_secret(org, present.id).await?,
            (None, _) if wanted.source.is_captured() => return Err(password_missing()),
            (None, _) => SourceSecret::default(),
        };
        Ok((present, secret))
    }

    async fn stored_secret(&self, org: OrgId, id: ConnectionId) -> Result<SourceSecret, ApiError> {
        match self.connecting.credentials.get(org, id).await {
            Err(error) if error.kind == ErrorKind::NotFound => Err(password_missing()),
            other => Ok(other?),
        }
    }
}
