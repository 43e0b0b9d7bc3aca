//! What reading Zoho CRM needs besides a connection's own settings.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hozon_shared::domain::zoho::DataCenter;
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
    /// Secrets at data centres where it is another one (Zoho Accounts, "Multi DC").
    #[serde(default)]
    pub secrets: BTreeMap<DataCenter, String>,
}

impl OauthClient {
    /// A client with the same secret everywhere.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into(), secrets: BTreeMap::new() }
    }

    /// The client as one data centre knows it.
    #[must_use]
    pub fn at(&self, data_center: DataCenter) -> Self {
        Self::new(&self.id, self.secrets.get(&data_center).unwrap_or(&self.secret))
    }
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OauthClient").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_have_a_secret_of_its_own_at_a_data_center() {
        let stored = r#"{"id":"1000.A","secret":"one","secrets":{"eu":"two"}}"#;
        let client: OauthClient = serde_json::from_str(stored).expect("a client");
        assert_eq!((client.at(DataCenter::Eu).secret.as_str(), client.at(DataCenter::Jp).secret.as_str()), ("two", "one"));
        let plain: OauthClient = serde_json::from_str(r#"{"id":"1000.A","secret":"one"}"#).expect("a client");
        assert_eq!(plain.at(DataCenter::Eu), OauthClient::new("1000.A", "one"));
        assert!(!format!("{client:?}").contains("two"));
    }
}
