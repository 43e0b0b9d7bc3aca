//! What reading Zoho CRM needs besides a connection's own settings.

use std::fmt;
use std::sync::Arc;

use hozon_shared::ports::{AccessTokens, Clock, Objects, Ports, SourceCredits};
use serde::Deserialize;

/// What all connections to Zoho CRM share.
#[derive(Clone)]
pub struct ZohoAccess {
    /// Origin that takes the place of Zoho's own servers.
    pub instead: Option<String>,
    /// The operator's OAuth client, for connections without one of their own.
    pub client: Option<OauthClient>,
    pub clock: Arc<dyn Clock>,
    pub tokens: Arc<dyn AccessTokens>,
    pub credits: Arc<dyn SourceCredits>,
    /// Where zips of Zoho's own backups lie while they are read; `None` where none are taken.
    pub objects: Option<Arc<dyn Objects>>,
}

impl ZohoAccess {
    /// Selects the ports from the common ones.
    pub fn new(ports: &Ports, instead: Option<String>, client: Option<OauthClient>) -> Self {
        let Ports { clock, tokens, credits, objects, .. } = ports.clone();
        Self { instead, client, clock, tokens, credits, objects: Some(objects) }
    }
}

/// A client that is registered with Zoho. Its `Debug` output omits the secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct OauthClient {
    pub id: String,
    pub secret: String,
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OauthClient").field("id", &self.id).finish_non_exhaustive()
    }
}
