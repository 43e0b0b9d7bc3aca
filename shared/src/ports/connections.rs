//! Connections to CRMs, and their credentials.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::PortError;
use crate::domain::connection::{Connection, ConnectionRole};
use crate::domain::id::{ConnectionId, OrgId};

/// Reads connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Returns an organisation's connection; `None` if it uses the native store.
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError>;
    /// Returns the database that an organisation's restores may write into instead; `None` if there is none.
    async fn restore_target(&self, org: OrgId) -> Result<Option<Connection>, PortError>;
    /// Returns the connection with a role.
    async fn of_role(&self, org: OrgId, role: ConnectionRole) -> Result<Option<Connection>, PortError> {
        match role {
            ConnectionRole::Source => self.connection(org).await,
            ConnectionRole::RestoreTarget => self.restore_target(org).await,
        }
    }
}

/// Keeps the credentials of connections, apart from everything else. Each set of credentials belongs to one
/// [`ConnectionId`], so that settings are never used with the credentials of others, whatever ends halfway. Those of the
/// two roles are apart from each other.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Stores credentials. Repeating a call changes nothing.
    async fn put(&self, of: CredentialsOf, connection: ConnectionId, secret: &SourceSecret) -> Result<(), PortError>;
    /// Reads credentials. Fails with `NotFound` if they were deleted.
    async fn get(&self, of: CredentialsOf, connection: ConnectionId) -> Result<SourceSecret, PortError>;
    /// Deletes all credentials for one role; where there are none, they are deleted already.
    async fn remove(&self, of: CredentialsOf) -> Result<(), PortError>;
}

/// Whose credentials, and for what.
pub type CredentialsOf = (OrgId, ConnectionRole);

/// What a source asks for. Its `Debug` output omits all of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSecret {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Secret of the OAuth client, where the administrator has registered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Renews access tokens until somebody revokes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl fmt::Debug for SourceSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SourceSecret").finish_non_exhaustive()
    }
}

/// Keeps the access tokens of connections, which all workers share: a CRM drops the oldest of too many.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// Returns the newest token; `None` if there is none. It may have expired.
    async fn newest(&self, org: OrgId, connection: ConnectionId) -> Result<Option<AccessToken>, PortError>;
    /// Makes a token the newest. The last of several at a time stays.
    async fn renew(&self, org: OrgId, connection: ConnectionId, token: &AccessToken) -> Result<(), PortError>;
}

/// An access token. Its `Debug` output omits it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    pub token: String,
    pub expires: DateTime<Utc>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccessToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Counts the API credits that the workers of a connection have used.
#[async_trait]
pub trait SourceCredits: Send + Sync {
    /// Adds credits, which may be 0. Returns how many were used within the last 24 hours, these included.
    async fn spend(&self, org: OrgId, connection: ConnectionId, credits: u64, now: DateTime<Utc>) -> Result<u64, PortError>;
}
