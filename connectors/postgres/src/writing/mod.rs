//! Writing records back. Each call is one transaction, which locks the records, reads them as a capture would, and writes those that
//! still are what the plan saw. What the server refuses about one record is undone to a savepoint, and the others are written.

mod batch;
mod check;
mod clearing;
mod creating;
mod files;
mod filling;
mod large_objects;
mod refusals;
mod sequences;
mod session;
mod statements;
mod table;

use async_trait::async_trait;
use hozon_shared::domain::creating::{Clearing, Creation};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::structure::Sequence;
use hozon_shared::domain::writing::{FillOutcome, Hindrance, RecordWrite, WriteOutcome};
use hozon_shared::ports::{FileWrite, NewRows, SourceError, Writer};
use tokio::sync::{Mutex, OnceCell};

use self::session::Session;
use crate::connect::Postgres;
use crate::errors::source_error;
use crate::tables::Tables;

/// Writes into a database.
pub(crate) struct PostgresWriter {
    postgres: Postgres,
    /// A session whose last call ended well.
    idle: Mutex<Option<Session>>,
    /// Tables as they were when the first file was written.
    tables: OnceCell<Tables>,
}

impl PostgresWriter {
    pub(crate) fn new(postgres: Postgres) -> Self {
        Self { postgres, idle: Mutex::new(None), tables: OnceCell::new() }
    }

    /// Takes a session. One that is not given back ends, and with it its transaction.
    async fn take(&self) -> Result<Session, SourceError> {
        let idle = self.idle.lock().await.take();
        match idle {
            Some(session) if !session.client.is_closed() => Ok(session),
            _ => Session::begin(&self.postgres).await,
        }
    }

    async fn give_back(&self, session: Session) {
        *self.idle.lock().await = Some(session);
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
        let session = self.take().await?;
        let found = check::hindrances(&session.client, modules).await?;
        self.give_back(session).await;
        Ok(found)
    }

    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError> {
        let session = self.take().await?;
        let outcomes = batch::write(&session, module, writes).await?;
        self.give_back(session).await;
        Ok(outcomes)
    }

    async fn write_file(
        &self,
        module: &Module,
        files: Option<&FileSource>,
        file: &FileWrite,
    ) -> Result<WriteOutcome, SourceError> {
        let session = self.take().await?;
        let outcome = match files {
            Some(source) => {
                let read = || Tables::read(&*session.client, &self.postgres.settings);
                let tables = self.tables.get_or_try_init(|| async { read().await.map_err(source_error) }).await?;
                files::write(&session, (source, tables), self.postgres.files.as_ref(), file).await?
            }
            None => files::without_place(&module.api_name),
        };
        self.give_back(session).await;
        Ok(outcome)
    }

    async fn finish(&self, modules: &[Module]) -> Result<(), SourceError> {
        let session = self.take().await?;
        for module in modules {
            sequences::raise(&session.client, module).await?;
        }
        self.give_back(session).await;
        Ok(())
    }

    async fn create(&self, modules: &[Module], sequences: &[Sequence]) -> Result<Creation, SourceError> {
        let session = self.take().await?;
        let created = creating::create(&session.client, modules, sequences).await?;
        self.give_back(session).await;
        Ok(created)
    }

    async fn fill(&self, module: &Module, rows: NewRows) -> Result<FillOutcome, SourceError> {
        let session = self.take().await?;
        let outcome = filling::fill(&session, module, rows).await?;
        self.give_back(session).await;
        Ok(outcome)
    }

    async fn clear(&self) -> Result<Clearing, SourceError> {
        let session = self.take().await?;
        let cleared = clearing::clear(&session.client).await?;
        self.give_back(session).await;
        Ok(cleared)
    }

    async fn add_foreign_keys(&self, modules: &[Module]) -> Result<Creation, SourceError> {
        let session = self.take().await?;
        let added = creating::add_foreign_keys(&session.client, modules).await?;
        self.give_back(session).await;
        Ok(added)
    }
}
