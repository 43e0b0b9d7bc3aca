//! Ports of the function, and what it reads through them.

use std::sync::Arc;

use chrono_tz::Tz;
use hozon_connectors::Connectors;
use hozon_shared::api::{ApiError, OncePorts};
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{Consents, ErrorKind, Ports, Secrets, SourceSecret, Store};

use crate::database::Within;
use crate::wanted::{IN_CONNECTION, Wanted};

/// The ports that the function uses.
#[derive(Clone)]
pub struct ConnectionPorts {
    pub connecting: ConnectingPorts,
    pub store: Arc<dyn Store>,
    pub consents: Arc<dyn Consents>,
    pub secrets: Arc<dyn Secrets>,
    pub once: OncePorts,
    pub connectors: Connectors,
    pub profiles: Arc<Profiles>,
    /// Where Zoho sends the browser after a consent.
    pub redirect_uri: String,
}

impl ConnectionPorts {
    /// Selects the function's ports from the common ones. `console` is the console's URL, without a slash at the end.
    pub fn new(ports: &Ports, connectors: Connectors, profiles: Arc<Profiles>, console: &str) -> Self {
        let (connecting, once) = (ConnectingPorts::from(ports), OncePorts::from(ports));
        let Ports { store, consents, secrets, .. } = ports.clone();
        Self { connecting, store, consents, secrets, once, connectors, profiles, redirect_uri: format!("{console}/") }
    }
}

impl ConnectionPorts {
    /// The connection that is set, with its credentials.
    pub async fn present(&self, org: OrgId) -> Result<(Connection, SourceSecret), ApiError> {
        let connection = self.connecting.connections.connection(org).await?;
        let connection =
            connection.ok_or_else(|| ApiError::not_allowed("No connection is set. Set one, or send the one to check."))?;
        let secret = self.stored_secret(&connection, IN_CONNECTION).await?;
        Ok((connection, secret))
    }

    /// The present connection, and the credentials that a wanted one uses: its own, or the stored ones if those may be kept.
    pub async fn secret_for(&self, org: OrgId, wanted: &Wanted) -> Result<(Option<Connection>, SourceSecret), ApiError> {
        let present = self.connecting.connections.connection(org).await?;
        if let Some(settings) = wanted.source.zoho() {
            let secret = self.zoho_secret(org, present.as_ref(), settings, wanted.secret.as_ref()).await?;
            return Ok((present, secret));
        }
        let secret = self.own_or_kept_secret(wanted, present.as_ref(), IN_CONNECTION).await?;
        Ok((present, secret))
    }

    /// The credentials that a wanted connection uses: its own, or those of the present one if they may be kept.
    pub async fn own_or_kept_secret(
        &self,
        wanted: &Wanted,
        present: Option<&Connection>,
        within: Within,
    ) -> Result<SourceSecret, ApiError> {
        match (&wanted.secret, present) {
            (Some(secret), _) => Ok(secret.clone()),
            (None, Some(present)) if wanted.may_keep_secret(present) => self.stored_secret(present, within).await,
            (None, _) if wanted.source.is_captured() => Err(within.password_missing()),
            (None, _) => Ok(SourceSecret::default()),
        }
    }

    /// The time zone of an organisation.
    pub async fn time_zone(&self, org: OrgId) -> Result<Tz, ApiError> {
        let organisation = self.store.organisation(org).await?.ok_or_else(ApiError::not_found)?;
        Ok(organisation.time_zone)
    }

    /// The credentials of a connection; an error for the body that names it `within` if they are gone.
    pub async fn stored_secret(&self, connection: &Connection, within: Within) -> Result<SourceSecret, ApiError> {
        match self.connecting.credentials.get((connection.org, connection.role), connection.id).await {
            Err(error) if error.kind == ErrorKind::NotFound => Err(within.password_missing()),
            other => Ok(other?),
        }
    }
}
