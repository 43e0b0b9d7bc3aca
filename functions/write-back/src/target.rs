//! The CRM that a restore writes into.

use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::restore::Restore;
use hozon_shared::ports::{ErrorKind, SourceError, Writer};

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;

/// A connection with what writes to it.
pub(crate) struct Target {
    pub connection: Connection,
    pub writer: Box<dyn Writer>,
}

impl Target {
    /// Opens the connection of a restore. Fails if it is another one than when the restore was requested.
    pub(crate) async fn open(ports: &WriteBackPorts, restore: &Restore) -> Result<Self, WriteBackError> {
        let connection = ports.connections.connection(restore.org).await?.ok_or(WriteBackError::NotConnected)?;
        if connection.id != restore.connection {
            return Err(WriteBackError::ConnectionChanged);
        }
        let secret = match ports.credentials.get(connection.org, connection.id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Err(WriteBackError::WithoutSecret),
            other => other?,
        };
        let mut settings = connection.source.clone();
        ports.capture.connectors.locate_files(connection.org, &mut settings);
        let connector = ports.capture.connectors.open((connection.org, connection.id), None, &settings, secret);
        let writer = connector.and_then(|connector| connector.writer()).ok_or(WriteBackError::Unsupported)?;
        Ok(Self { connection, writer })
    }

    /// Adds the address of the CRM to a failure of it.
    pub(crate) fn failed(&self) -> impl Fn(SourceError) -> WriteBackError {
        let connection = self.connection.source.shown();
        move |source| WriteBackError::Source { connection: connection.clone(), source }
    }
}
