//! One state of a database: a snapshot that one connection holds and others import.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::{Gap, SourceErrorKind, SourceModule};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::{FilesReading, HeldState, ModuleReading, Protection, ResumePoint, SourceError, StateToken};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use crate::catalog::FILES;
use crate::connect::{Connection, Postgres};
use crate::errors::{about, source_error};
use crate::files;
use crate::place::Place;
use crate::reading::{Places, Reading};
use crate::tables::{Table, Tables, lock};
use crate::workers::{IdleWorkers, SAVEPOINT, Worker};

/// The oldest version that is supported, as `server_version_num` gives it.
const OLDEST_VERSION: i32 = 120_000;

/// Begins a transaction that changes nothing and sees one snapshot.
const BEGIN: &str = "begin isolation level repeatable read read only";

/// A snapshot with its tables.
pub(crate) struct State {
    pub settings: Postgres,
    /// Exports the snapshot, which can be imported while this transaction lives.
    pub holder: Arc<Connection>,
    pub protection: Protection,
    /// Reads what is committed now. In the holder's transaction the server would answer from what it knew when that began.
    pub observer: OnceCell<Connection>,
    /// Name of the snapshot that the holder exports.
    pub snapshot: String,
    pub idle: IdleWorkers,
    pub noted: Noted,
    /// Whether the state is read in several calls, each of which goes on where the one before has stopped.
    pub has_places: bool,
}

/// What the first holder has noted of the snapshot.
#[derive(Serialize, Deserialize)]
pub(crate) struct Noted {
    tables: Tables,
    /// Files of each table before the snapshot began.
    files: HashMap<u32, Files>,
}

/// File numbers of a table and its partitions; `None` for what has no file.
type Files = Vec<Option<u32>>;

impl State {
    /// Notes the files of all tables, and then begins the snapshot: a table whose file changed after the snapshot began
    /// can never look unchanged. Locks come before the snapshot, so that it shows what they protect.
    pub(crate) async fn begin(postgres: &Postgres, protection: Protection) -> Result<Self, SourceError> {
        let holder = postgres.connect().await?;
        require_supported(&holder).await?;
        let known = Tables::read(&*holder, &postgres.settings).await.map_err(source_error)?;
        let observer = postgres.connect().await?;
        let oids: Vec<_> = known.tables.iter().map(|table| table.oid).collect();
        // The transaction sees no snapshot before its first query, and a lock is none.
        holder.batch_execute(BEGIN).await.map_err(source_error)?;
        if let Some(lock) = lock(&known.tables).filter(|_| protection == Protection::Lock) {
            holder.batch_execute(&lock).await.map_err(source_error)?;
        }
        let files = file_numbers(&observer, &oids).await?;
        let snapshot = export(&holder).await?;
        let mut tables = Tables::read(&*holder, &postgres.settings).await.map_err(source_error)?;
        tables.describe(&holder, &observer, &postgres.settings.schemas).await.map_err(source_error)?;
        let (settings, holder, idle) = (postgres.clone(), Arc::new(holder), IdleWorkers::default());
        let observer = OnceCell::new_with(Some(observer));
        Ok(Self { settings, holder, protection, observer, snapshot, idle, noted: Noted { tables, files }, has_places: false })
    }

    fn table(&self, module: &SourceModule) -> Result<&Table, SourceError> {
        let known = &self.noted.tables;
        known.named(&module.api_name).ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()).into())
    }

    /// Returns a connection that sees the snapshot. Locked tables are read by the holder: any other connection would queue behind
    /// those who wait for the holder's locks, and the holder would wait for it.
    async fn worker(&self) -> Result<Worker, SourceError> {
        if self.protection == Protection::Lock {
            return Ok(Worker::new(self.holder.clone(), None));
        }
        let client = match self.idle.take() {
            Some(client) => client,
            None => Arc::new(self.open_worker().await?),
        };
        Ok(Worker::new(client, Some(self.idle.clone())))
    }

    async fn open_worker(&self) -> Result<Connection, SourceError> {
        let client = self.settings.connect().await?;
        client.batch_execute(&format!("{}; {SAVEPOINT}", import(&self.snapshot))).await.map_err(lost_snapshot)?;
        Ok(client)
    }
}

/// A snapshot that is gone has lost its holder.
fn lost_snapshot(error: tokio_postgres::Error) -> SourceError {
    let error = source_error(error);
    match error.kind {
        SourceErrorKind::Unreadable(_) | SourceErrorKind::Refused => SourceError { kind: SourceErrorKind::Interrupted, ..error },
        _ => error,
    }
}

/// Begins a transaction that sees the snapshot of that name.
pub(crate) fn import(snapshot: &str) -> String {
    format!("{BEGIN}; set transaction snapshot '{}'", snapshot.replace('\'', "''"))
}

/// Exports the snapshot of a transaction, and returns its name.
pub(crate) async fn export(holder: &Client) -> Result<String, SourceError> {
    let row = holder.query_one("select pg_catalog.pg_export_snapshot()", &[]).await.map_err(source_error)?;
    Ok(row.get(0))
}

async fn require_supported(client: &Client) -> Result<(), SourceError> {
    let row = client.query_one("select current_setting('server_version_num')::int4", &[]).await.map_err(source_error)?;
    require_version(row.get(0))
}

/// Refuses servers that are too old. `version` is the server's `server_version_num`.
pub(crate) fn require_version(version: i32) -> Result<(), SourceError> {
    if version < OLDEST_VERSION {
        return Err(SourceErrorKind::Unsupported("PostgreSQL must be version 12 or later").into());
    }
    Ok(())
}

async fn file_numbers(client: &Client, tables: &[u32]) -> Result<HashMap<u32, Files>, SourceError> {
    let rows = client.query(FILES, &[&tables]).await.map_err(source_error)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn counted(client: &Client, table: &Table) -> Result<u64, tokio_postgres::Error> {
    let counted: i64 = client.query_one(&table.count(), &[]).await?.get(0);
    Ok(counted.unsigned_abs())
}

#[async_trait]
impl HeldState for State {
    fn modules(&self) -> &[SourceModule] {
        &self.noted.tables.modules
    }

    fn gaps(&self) -> &[Gap] {
        &self.noted.tables.gaps
    }

    fn sequences(&self) -> &[Sequence] {
        &self.noted.tables.sequences
    }

    async fn read(&self, module: &SourceModule, from: Option<&ResumePoint>) -> Result<ModuleReading, SourceError> {
        let table = self.table(module)?;
        let from = from.map(Place::parse).transpose()?;
        let places = if self.has_places { table.places(&module.fields) } else { Places::None };
        let failed = |error| about(error, &module.api_name);
        // The holder would keep the table locked until the capture ends, and with it whoever wants to alter the table.
        let worker = self.worker().await?;
        let counted = match &from {
            None => Some(counted(&worker.client, table).await.map_err(failed)?),
            Some(_) => None,
        };
        let copy = worker.client.copy_out(&table.copy(&module.fields, &places, from.as_ref())).await.map_err(failed)?;
        let read = (module.api_name.as_str(), module.fields.len());
        Ok(ModuleReading { counted, rows: Reading::new(worker, copy, read, places).pages() })
    }

    async fn files(&self, source: &FileSource) -> Result<FilesReading, SourceError> {
        let table = self.noted.tables.named(&source.table).ok_or_else(|| SourceErrorKind::Changed(source.table.clone()))?;
        files::read(self.worker().await?, source, table, &self.noted.tables, self.settings.files.clone()).await
    }

    async fn confirm(&self, module: &SourceModule) -> Result<(), SourceError> {
        let oid = self.table(module)?.oid;
        let observer = self.observer.get_or_try_init(|| self.settings.connect()).await?;
        let now = file_numbers(observer, &[oid]).await?;
        if self.noted.files.contains_key(&oid) && self.noted.files.get(&oid) == now.get(&oid) {
            return Ok(());
        }
        Err(SourceErrorKind::Changed(module.api_name.clone()).into())
    }

    /// `None` for a locked state: a second connection would queue behind those who wait for the holder's locks.
    fn token(&self) -> Option<StateToken> {
        let noted = serde_json::to_value(&self.noted).ok().filter(|_| self.protection == Protection::Notice)?;
        Some(StateToken { name: self.snapshot.clone(), noted })
    }
}
