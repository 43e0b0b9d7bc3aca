//! One state of a database: connections whose snapshots began while nobody could write.

use std::sync::Arc;

use async_trait::async_trait;
use hozon_connector_database::OutsideFiles;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::{Gap, SourceErrorKind, SourceModule};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::{FilesReading, HeldState, ModuleReading, Protection, ResumePoint, SourceError};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use tokio::sync::Mutex;

use crate::catalog::{self, FoundTable, Shape};
use crate::cells::Rows;
use crate::connect::{Mysql, Version};
use crate::errors::{about, code, source_error};
use crate::files;
use crate::reading::Reading;
use crate::rights::Rights;
use crate::tables::{Table, Tables};
use crate::workers::{SAVEPOINT, Worker, Workers};

/// Number of connections that read.
const READERS: usize = 2;

/// Begins a transaction that changes nothing and sees one snapshot.
const BEGIN: &str = "start transaction with consistent snapshot, read only";

/// The lock waits for whoever writes, and new writers wait for the lock. So it is given up soon.
const FREEZE: [&str; 2] = ["set session lock_wait_timeout = 3", "flush tables with read lock"];
const THAW: [&str; 2] = ["unlock tables", "set session lock_wait_timeout = 10"];

/// A snapshot with its tables.
pub(crate) struct State {
    /// Has no transaction, and so sees what the catalogue says now.
    observer: Arc<Mutex<Conn>>,
    workers: Arc<Workers>,
    protection: Protection,
    tables: Tables,
    /// Where the CRM's attached files outside the database are.
    files: Option<OutsideFiles>,
}

impl State {
    /// Reads the catalogue, begins the snapshot, and reads the catalogue again: the tables of the snapshot are known only if
    /// both say the same.
    pub(crate) async fn begin(mysql: &Mysql, protection: Protection) -> Result<Self, SourceError> {
        let mut observer = mysql.connect().await?;
        Version::supported(&mut observer).await?;
        let rights = Rights::read(&mut observer).await.map_err(source_error)?;
        let found = catalog::tables(&mut observer, &mysql.settings.views).await.map_err(source_error)?;
        let mut tables = Tables::of(&mut observer, &found, rights.sees_all).await?;
        let mut readers = Vec::new();
        for _ in 0..if rights.may_freeze { READERS } else { 1 } {
            readers.push(mysql.connect().await?);
        }
        if freeze(&mut observer, rights).await? {
            begin_all(&mut readers, protection, &tables).await?;
            run(&mut observer, &THAW).await.map_err(source_error)?;
        } else {
            readers.truncate(1);
            begin_all(&mut readers, protection, &tables).await?;
        }
        tables.describe(&mut observer).await.map_err(source_error)?;
        let now = catalog::tables(&mut observer, &mysql.settings.views).await.map_err(source_error)?;
        if let Some(table) = first_difference(&found.tables, &now.tables) {
            return Err(SourceErrorKind::Changed(table.name.clone()).into());
        }
        Ok(Self {
            observer: Arc::new(Mutex::new(observer)),
            workers: Workers::new(readers),
            protection,
            tables,
            files: mysql.files.clone(),
        })
    }

    fn table(&self, module: &SourceModule) -> Result<&Table, SourceError> {
        self.tables.named(&module.api_name).ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()).into())
    }

    /// Takes a connection and opens a table on it. Returns the number of its rows as well.
    async fn open_worker(&self, table: &Table) -> Result<(Worker, Option<u64>), SourceError> {
        let mut worker = self.workers.take().await?;
        match self.open(&mut worker, table).await {
            Ok(counted) => Ok((worker, counted)),
            Err(error) => {
                if worker.end_table(self.protection).await.is_ok() {
                    worker.give_back();
                }
                Err(error)
            }
        }
    }

    /// Opens the table, after which nobody can alter it, makes sure that it is still the one of the snapshot, and counts its rows.
    /// Rows of other engines than InnoDB may come and go between counting and reading.
    async fn open(&self, worker: &mut Worker, table: &Table) -> Result<Option<u64>, SourceError> {
        let name = &table.shape.name;
        let failed = |error| about(error, name);
        worker.conn.query_drop(table.open()).await.map_err(failed)?;
        let now = catalog::shape(&mut *self.observer.lock().await, name).await.map_err(failed)?;
        if now.as_ref() != Some(&table.shape) {
            return Err(SourceErrorKind::Changed(name.clone()).into());
        }
        if !table.is_consistent() {
            return Ok(None);
        }
        worker.conn.query_first(table.count()).await.map_err(failed)
    }
}

/// Keeps everybody from writing until [`THAW`]. Returns whether that was possible: the user may lack the right, as on servers
/// that a provider manages, or somebody may write for long.
async fn freeze(observer: &mut Conn, rights: Rights) -> Result<bool, SourceError> {
    if !rights.may_freeze {
        return Ok(false);
    }
    match run(observer, &FREEZE).await {
        Ok(()) => Ok(true),
        Err(error) if matches!(code(&error), Some(1044 | 1045 | 1142 | 1205 | 1213 | 1227)) => {
            run(observer, &THAW).await.map_err(source_error)?;
            Ok(false)
        }
        Err(error) => Err(source_error(error)),
    }
}

async fn run(conn: &mut Conn, statements: &[&'static str]) -> Result<(), Error> {
    for statement in statements {
        conn.query_drop(*statement).await?;
    }
    Ok(())
}

/// Begins the snapshots. To protect the tables, each reader opens all of them: what one of them locks, another one could
/// not read past those who wait for it.
async fn begin_all(readers: &mut [Conn], protection: Protection, tables: &Tables) -> Result<(), SourceError> {
    for reader in readers.iter_mut() {
        reader.query_drop(BEGIN).await.map_err(source_error)?;
    }
    for reader in readers {
        match protection {
            Protection::Notice => reader.query_drop(format!("savepoint {SAVEPOINT}")).await.map_err(source_error)?,
            Protection::Lock => {
                for table in &tables.tables {
                    reader.query_drop(table.open()).await.map_err(|error| about(error, &table.shape.name))?;
                }
            }
        }
    }
    Ok(())
}

fn first_difference<'a>(before: &'a [FoundTable], now: &'a [FoundTable]) -> Option<&'a Shape> {
    let pairs = before.iter().zip(now).map(|(before, now)| (&before.shape, &now.shape));
    let different = pairs.filter(|(before, now)| before != now).map(|(before, _)| before).next();
    let longer = if before.len() > now.len() { before } else { now };
    different.or_else(|| longer.get(before.len().min(now.len())).map(|table| &table.shape))
}

#[async_trait]
impl HeldState for State {
    fn modules(&self) -> &[SourceModule] {
        &self.tables.modules
    }

    fn gaps(&self) -> &[Gap] {
        &self.tables.gaps
    }

    fn sequences(&self) -> &[Sequence] {
        &self.tables.sequences
    }

    /// Gives no places to go on from: the state ends with this process.
    async fn read(&self, module: &SourceModule, _: Option<&ResumePoint>) -> Result<ModuleReading, SourceError> {
        let table = self.table(module)?;
        let (worker, counted) = self.open_worker(table).await?;
        let reading = Reading {
            worker,
            observer: self.observer.clone(),
            protection: self.protection,
            module: module.api_name.clone(),
            columns: module.fields.len(),
            query: table.rows(&module.fields),
            rows: Rows::new(table.forms(&module.fields)),
        };
        Ok(ModuleReading { counted, rows: reading.pages() })
    }

    async fn files(&self, source: &FileSource) -> Result<FilesReading, SourceError> {
        let table = self.tables.named(&source.table).ok_or_else(|| SourceErrorKind::Changed(source.table.clone()))?;
        let (worker, _) = self.open_worker(table).await?;
        files::read(worker, source, self.files.clone(), self.protection).await
    }

    /// A table cannot be altered while it is read, and was compared with the snapshot's before.
    async fn confirm(&self, _module: &SourceModule) -> Result<(), SourceError> {
        Ok(())
    }
}
