//! Connections that see the state. Each reads one table at a time.

use std::sync::{Arc, Mutex, PoisonError};

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Protection, SourceError};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Marks the beginning of a table. Rolling back to it frees the table's metadata lock and keeps the snapshot (MySQL reference
/// manual, "Metadata Locking").
pub(crate) const SAVEPOINT: &str = "hozon";

/// The connections, and who waits for one.
pub(crate) struct Workers {
    idle: Mutex<Vec<Conn>>,
    free: Arc<Semaphore>,
}

/// A connection that reads. Dropped, it is lost to the others, and with it its snapshot.
pub(crate) struct Worker {
    pub conn: Conn,
    workers: Arc<Workers>,
    _permit: OwnedSemaphorePermit,
}

impl Workers {
    pub(crate) fn new(conns: Vec<Conn>) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(conns.len()));
        Arc::new(Self { idle: Mutex::new(conns), free })
    }

    /// Waits for a connection. Fails with `Interrupted` if one of them was lost.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Worker, SourceError> {
        let permit = self.free.clone().acquire_owned().await.map_err(|_| SourceErrorKind::Interrupted)?;
        let conn = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = conn.ok_or(SourceErrorKind::Interrupted)?;
        Ok(Worker { conn, workers: self.clone(), _permit: permit })
    }
}

impl Worker {
    /// Frees the table that was read, unless all tables stay locked.
    pub(crate) async fn end_table(&mut self, protection: Protection) -> Result<(), Error> {
        match protection {
            Protection::Notice => self.conn.query_drop(format!("rollback to savepoint {SAVEPOINT}")).await,
            Protection::Lock => Ok(()),
        }
    }

    /// Leaves the connection to the next who waits.
    pub(crate) fn give_back(self) {
        self.workers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.conn);
    }
}
