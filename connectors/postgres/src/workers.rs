//! Connections that see a snapshot and read its tables, one after another.

use std::sync::{Arc, Mutex, PoisonError};

use hozon_shared::ports::SourceError;
use tokio_postgres::Client;

use crate::errors::source_error;

/// Savepoint before each table. Rolling back to it releases the table's locks and keeps the snapshot (PostgreSQL documentation,
/// "Table-Level Locks").
pub(crate) const SAVEPOINT: &str = "savepoint before_table";
const ROLLBACK: &str = "rollback to savepoint before_table";

/// Connections without a table.
#[derive(Clone, Default)]
pub(crate) struct IdleWorkers(Arc<Mutex<Vec<Arc<Client>>>>);

impl IdleWorkers {
    /// Begins with a connection whose transaction sees the snapshot.
    pub(crate) async fn beginning_with(client: Arc<Client>) -> Result<Self, SourceError> {
        client.batch_execute(SAVEPOINT).await.map_err(source_error)?;
        Ok(Self(Arc::new(Mutex::new(vec![client]))))
    }

    pub(crate) fn take(&self) -> Option<Arc<Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection while it reads a table. Dropped, it is closed.
pub(crate) struct Worker {
    pub client: Arc<Client>,
    /// Where it goes after the table; `None` for the holder.
    pub idle: Option<IdleWorkers>,
}

impl Worker {
    /// Releases the table, and lets the connection read another one.
    pub(crate) async fn release(self) -> Result<(), SourceError> {
        if let Some(IdleWorkers(idle)) = self.idle {
            self.client.batch_execute(ROLLBACK).await.map_err(source_error)?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.client);
        }
        Ok(())
    }
}
