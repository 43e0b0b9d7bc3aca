//! Setting and removing connections. The API and the command line do it alike.

use std::sync::Arc;

use crate::domain::change;
use crate::domain::connection::{Connection, SourceSettings};
use crate::domain::id::{ConnectionId, EventId, OrgId};
use crate::domain::organisation::Person;
use crate::domain::selection::Selection;
use crate::ports::{Clock, Connections, Credentials, Ids, PortError, Ports, SourceSecret, Store};

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
        let now = self.clock.now();
        let id = ConnectionId(self.ids.next(now));
        self.credentials.put(org, id, secret).await?;
        let version = present.map_or(0, |present| present.version);
        let connection = Connection { org, id, source, selection, set_by: by.clone(), set_at: now, version };
        let event = EventId(self.ids.next(now));
        self.store.commit(org, change::connect(connection.clone(), event)).await?;
        Ok(connection)
    }

    /// Removes an organisation's connection and its credentials; without a connection there is nothing to do.
    pub async fn disconnect(&self, org: OrgId, by: &Person) -> Result<(), PortError> {
        let now = self.clock.now();
        if let Some(connection) = self.connections.connection(org).await? {
            let event = EventId(self.ids.next(now));
            self.store.commit(org, change::disconnect(&connection, by, now, event)).await?;
        }
        self.credentials.remove(org).await
    }
}
