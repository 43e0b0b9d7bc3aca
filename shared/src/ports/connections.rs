//! Connections to CRMs, and their credentials.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;
use crate::domain::connection::Connection;
use crate::domain::id::{ConnectionId, OrgId};

/// Reads connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Returns an organisation's connection; `None` if it uses the native store.
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError>;
}

/// Keeps the credentials of connections, apart from everything else. Each set of credentials belongs to one
/// [`ConnectionId`], so that settings are never used with the credentials of others, whatever ends halfway.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Stores credentials. Repeating a call changes nothing.
    async fn put(&self, org: OrgId, connection: ConnectionId, secret: &SourceSecret) -> Result<(), PortError>;
    /// Reads credentials. Fails with `NotFound` if they were deleted.
    async fn get(&self, org: OrgId, connection: ConnectionId) -> Result<SourceSecret, PortError>;
    /// Deletes all credentials of an organisation; those of an organisation without any are deleted already.
    async fn remove(&self, org: OrgId) -> Result<(), PortError>;
}

/// What a source asks for. Its `Debug` output omits the password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSecret {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl fmt::Debug for SourceSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SourceSecret").finish_non_exhaustive()
    }
}
