//! The database that a restore writes into, in place of an organisation's connection. Its password stays in memory.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_shared::domain::connection::{Connection, ConnectionRole, SourceSettings};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::selection::Selection;
use hozon_shared::ports::{Connections, Credentials, CredentialsOf, ErrorKind, PortError, SourceSecret};

use crate::tokens::administrator;

/// A connection with its secret.
pub struct GivenTarget {
    pub connection: Connection,
    pub secret: SourceSecret,
}

impl GivenTarget {
    /// The database of these settings, as the profile of that name shows it.
    pub fn new(
        org: OrgId,
        (source, secret): (SourceSettings, SourceSecret),
        profile: Option<String>,
        now: DateTime<Utc>,
    ) -> Self {
        let selection = Selection { omitted: Vec::new(), profile };
        let (set_by, set_at) = (administrator(), now);
        let (id, role) = (ConnectionId(1), ConnectionRole::Source);
        let connection = Connection { org, id, role, source, selection, drills: false, set_by, set_at, version: 1 };
        Self { connection, secret }
    }
}

#[async_trait]
impl Connections for GivenTarget {
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError> {
        Ok(Some(self.connection.clone()).filter(|connection| connection.org == org))
    }

    async fn restore_target(&self, _: OrgId) -> Result<Option<Connection>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl Credentials for GivenTarget {
    async fn put(&self, _: CredentialsOf, _: ConnectionId, _: &SourceSecret) -> Result<(), PortError> {
        Err(PortError::new(ErrorKind::Unavailable, "store the password of a database that is only restored into"))
    }

    async fn get(&self, of: CredentialsOf, connection: ConnectionId) -> Result<SourceSecret, PortError> {
        if (of, connection) == ((self.connection.org, self.connection.role), self.connection.id) {
            return Ok(self.secret.clone());
        }
        Err(PortError::new(ErrorKind::NotFound, "read the password of another database"))
    }

    async fn remove(&self, _: CredentialsOf) -> Result<(), PortError> {
        Ok(())
    }
}
