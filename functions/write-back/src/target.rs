//! The database that a restore writes into: the connected CRM, or the restore target.

use hozon_capture_database::OpenedConnection;
use hozon_shared::domain::connection::{Connection, ConnectionRole};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::restore::Restore;
use hozon_shared::ports::{Connector, SourceError, Writer};

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;

/// What messages call the native store.
const NATIVE: &str = "The native store";

/// A connection with what writes to it.
pub(crate) struct Target {
    pub connection: Connection,
    pub writer: Box<dyn Writer>,
}

impl Target {
    /// Opens the connection of a restore. Fails if it is another one than when the restore was requested.
    pub(crate) async fn open(ports: &WriteBackPorts, restore: &Restore) -> Result<Self, WriteBackError> {
        let connection = connection(ports, restore.org, restore.target).await?;
        if connection.id != restore.connection {
            return Err(WriteBackError::ConnectionChanged);
        }
        if !connection.source.is_captured() {
            let writer = Box::new(ports.native_writer(restore.org));
            return Ok(Self { connection, writer });
        }
        let writer = writer(ports, &connection).await?;
        Ok(Self { connection, writer })
    }

    /// Adds the address of the CRM to a failure of it.
    pub(crate) fn failed(&self) -> impl Fn(SourceError) -> WriteBackError {
        let connection = match self.connection.source.is_captured() {
            true => self.connection.source.shown(),
            false => NATIVE.to_owned(),
        };
        move |source| WriteBackError::Source { connection: connection.clone(), source }
    }
}

/// Opens what writes into a database or another CRM.
pub(crate) async fn writer(ports: &WriteBackPorts, connection: &Connection) -> Result<Box<dyn Writer>, WriteBackError> {
    connector(ports, connection).await?.writer().ok_or(WriteBackError::Unsupported)
}

/// Opens what reads a database or another CRM.
pub(crate) async fn connector(ports: &WriteBackPorts, connection: &Connection) -> Result<Box<dyn Connector>, WriteBackError> {
    match ports.capture.open(connection, None).await? {
        OpenedConnection::Connector(connector) => Ok(connector),
        OpenedConnection::WithoutSecret => Err(WriteBackError::WithoutSecret),
        OpenedConnection::Unsupported => Err(WriteBackError::Unsupported),
    }
}

/// Returns the connection with a role. Without a CRM that is connected, it is the native store. A restore target is read as the connected CRM.
async fn connection(ports: &WriteBackPorts, org: OrgId, role: ConnectionRole) -> Result<Connection, WriteBackError> {
    let found = ports.connections.of_role(org, role).await?;
    match role {
        ConnectionRole::Source => Ok(found.unwrap_or_else(|| Connection::of_native_store(org))),
        ConnectionRole::RestoreTarget => {
            let target = found.ok_or(WriteBackError::ConnectionChanged)?;
            let crm = ports.connections.connection(org).await?;
            Ok(target.read_as(crm.as_ref()))
        }
    }
}
