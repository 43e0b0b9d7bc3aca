//! The database that a restore writes into, in place of an organisation's connection. Its password stays in memory.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_shared::domain::connection::{Connection, SourceSettings};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::selection::Selection;
use hozon_shared::ports::{Connections, Credentials, ErrorKind, PortError, SourceSecret};

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
        Self { connection: Connection { org, id: ConnectionId(1), source, selection, set_by, set_at, version: 1 }, secret }
    }
}

#[async_trait]
impl Connections for GivenTarget {
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError> {
        Ok(Some(self.connection.clone()).filter(|connection| connection.org == org))
    }
}

#[async_trait]
impl Credentials for GivenTarget {
    async fn put(&self, _: OrgId, _: ConnectionId, _: &SourceSecret) -> Result<(), PortError> {
        Err(PortError::new(ErrorKind::Unavailable, "store the password of a database that is only restored into"))
    }

    async fn get(&self, org: OrgId, connection: ConnectionId) -> Result<SourceSecret, PortError> {
        if (org, connection) == (self.connection.org, self.connection.id) {
            return Ok(self.secret.clone());
        }
        Err(PortError::new(ErrorKind::NotFound, "read the password of another database"))
    }

    async fn remove(&self, _: OrgId) -> Result<(), PortError> {
        Ok(())
    }
}
