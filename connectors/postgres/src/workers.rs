//! Connections that see a snapshot and read its tables, one after another.

use std::sync::{Arc, Mutex, PoisonError};

use hozon_shared::ports::SourceError;

use crate::connect::Connection;
use crate::errors::source_error;

/// Savepoint before each table. Rolling back to it releases the table's locks and keeps the snapshot (PostgreSQL documentation,
/// "Table-Level Locks").
pub(crate) const SAVEPOINT: &str = "savepoint before_table";
const ROLLBACK: &str = "rollback to savepoint before_table";

/// Connections without a table.
#[derive(Clone, Default)]
pub(crate) struct IdleWorkers(Arc<Mutex<Vec<Arc<Connection>>>>);

impl IdleWorkers {
    /// Begins with a connection whose transaction sees the snapshot.
    pub(crate) async fn beginning_with(client: Arc<Connection>) -> Result<Self, SourceError> {
        client.batch_execute(SAVEPOINT).await.map_err(source_error)?;
        Ok(Self(Arc::new(Mutex::new(vec![client]))))
    }

    pub(crate) fn take(&self) -> Option<Arc<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection while it reads a table. Dropped before it is released, it has abandoned what it reads.
pub(crate) struct Worker {
    pub client: Arc<Connection>,
    /// Where it goes after the table; `None` for the holder.
    idle: Option<IdleWorkers>,
    is_released: bool,
}

impl Worker {
    /// A connection that begins to read a table.
    pub(crate) fn new(client: Arc<Connection>, idle: Option<IdleWorkers>) -> Self {
        Self { client, idle, is_released: false }
    }

    /// Releases the table, and lets the connection read another one.
    pub(crate) async fn release(mut self) -> Result<(), SourceError> {
        if let Some(IdleWorkers(idle)) = &self.idle {
            self.client.batch_execute(ROLLBACK).await.map_err(source_error)?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.client.clone());
        }
        self.is_released = true;
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.is_released {
            self.client.abandon();
        }
    }
}
