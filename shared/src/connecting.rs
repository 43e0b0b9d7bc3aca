//! Setting and removing connections. The API and the command line do it alike.

use std::sync::Arc;

use crate::domain::change;
use crate::domain::connection::{Connection, ConnectionRole, SourceSettings};
use crate::domain::id::{ConnectionId, EventId, OrgId};
use crate::domain::organisation::Person;
use crate::domain::selection::Selection;
use crate::ports::{Clock, Connections, Credentials, Ids, PortError, Ports, SourceSecret, Store};

/// A connection that is to be set.
pub struct NewConnection {
    pub role: ConnectionRole,
    pub source: SourceSettings,
    pub selection: Selection,
    pub drills: bool,
}

/// The ports that connections need.
#[derive(Clone)]
pub struct ConnectingPorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
}

impl From<&Ports> for ConnectingPorts {
    fn from(ports: &Ports) -> Self {
        let Ports { clock, ids, store, connections, credentials, .. } = ports.clone();
        Self { clock, ids, store, connections, credentials }
    }
}

impl ConnectingPorts {
    /// Sets an organisation's connection in place of the `present` one. The credentials are stored first, under a name of their
    /// own, so that settings are never used with the credentials of others. Fails with `Conflict` if somebody else has set it meanwhile.
    pub async fn connect(
        &self,
        org: OrgId,
        (source, secret): (SourceSettings, &SourceSecret),
        selection: Selection,
        by: &Person,
        present: Option<&Connection>,
    ) -> Result<Connection, PortError> {
        let wanted = NewConnection { role: ConnectionRole::Source, source, selection, drills: false };
        self.set((org, by), wanted, secret, present).await
    }

    /// Sets a connection in place of the `present` one with the same role, as [`Self::connect`] does.
    pub async fn set(
        &self,
        (org, by): (OrgId, &Person),
        wanted: NewConnection,
        secret: &SourceSecret,
        present: Option<&Connection>,
    ) -> Result<Connection, PortError> {
        let NewConnection { role, source, selection, drills } = wanted;
        let now = self.clock.now();
        let id = ConnectionId(self.ids.next(now));
        self.credentials.put((org, role), id, secret).await?;
        let version = present.map_or(0, |present| present.version);
        let connection = Connection { org, id, role, source, selection, drills, set_by: by.clone(), set_at: now, version };
        let event = EventId(self.ids.next(now));
        self.store.commit(org, change::connect(connection.clone(), event)).await?;
        Ok(connection)
    }

    /// Removes an organisation's connection with a role, and its credentials; without one there is nothing to do.
    pub async fn disconnect(&self, org: OrgId, role: ConnectionRole, by: &Person) -> Result<(), PortError> {
        let now = self.clock.now();
        if let Some(connection) = self.connections.of_role(org, role).await? {
            let event = EventId(self.ids.next(now));
            self.store.commit(org, change::disconnect(&connection, by, now, event)).await?;
        }
        self.credentials.remove((org, role)).await
    }
}
