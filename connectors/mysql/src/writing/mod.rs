//! Writing records back. Each call is one transaction, which locks the records, reads them as a capture would, and writes those that
//! still are what the plan saw. What the server refuses about one record undoes only that record's statement. Tables whose engine has no
//! transactions are written all the same, record by record.

mod batch;
mod check;
mod clearing;
mod counters;
mod creating;
mod definitions;
mod files;
mod filling;
mod refusals;
mod session;
mod statements;
mod target;
mod values;

use async_trait::async_trait;
use hozon_shared::domain::creating::{Clearing, Creation};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::structure::Sequence;
use hozon_shared::domain::writing::{FillOutcome, Hindrance, RecordWrite, Refusal, WriteOutcome};
use hozon_shared::ports::{FileWrite, NewRows, SourceError, Writer};
use mysql_async::prelude::Queryable;
use tokio::sync::Mutex;

use self::session::WritingSession;
use crate::connect::Mysql;

/// Writes into a database.
pub(crate) struct MysqlWriter {
    mysql: Mysql,
    /// A session whose last call ended well.
    idle: Mutex<Option<WritingSession>>,
}

impl MysqlWriter {
    pub(crate) fn new(mysql: Mysql) -> Self {
        Self { mysql, idle: Mutex::new(None) }
    }

    /// Takes a session. One that is not given back ends, and with it its transaction. One that was idle may have been ended by the server.
    async fn take(&self) -> Result<WritingSession, SourceError> {
        let idle = self.idle.lock().await.take();
        if let Some(mut session) = idle
            && session.conn.ping().await.is_ok()
        {
            return Ok(session);
        }
        WritingSession::begin(&self.mysql).await
    }

    async fn give_back(&self, session: WritingSession) {
        *self.idle.lock().await = Some(session);
    }
}

#[async_trait]
impl Writer for MysqlWriter {
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
        let mut session = self.take().await?;
        let found = check::hindrances(&mut session.conn, modules).await?;
        self.give_back(session).await;
        Ok(found)
    }

    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError> {
        let mut session = self.take().await?;
        let outcomes = batch::write(&mut session, module, writes).await?;
        self.give_back(session).await;
        Ok(outcomes)
    }

    async fn write_file(&self, _: &Module, files: Option<&FileSource>, file: &FileWrite) -> Result<WriteOutcome, SourceError> {
        // Without a profile, bytes are cells of their record, and no files.
        let Some(source) = files else { return Ok(WriteOutcome::Refused { reason: Refusal::Unsupported }) };
        let mut session = self.take().await?;
        let outcome = files::write(&mut session, source, self.mysql.files.as_ref(), file).await?;
        self.give_back(session).await;
        Ok(outcome)
    }

    async fn finish(&self, modules: &[Module]) -> Result<(), SourceError> {
        let mut session = self.take().await?;
        for module in modules {
            counters::raise(&mut session.conn, module).await?;
        }
        self.give_back(session).await;
        Ok(())
    }

    async fn create(&self, modules: &[Module], sequences: &[Sequence]) -> Result<Creation, SourceError> {
        let mut session = self.take().await?;
        let created = creating::create(&mut session.conn, modules, sequences).await?;
        self.give_back(session).await;
        Ok(created)
    }

    async fn fill(&self, module: &Module, rows: NewRows) -> Result<FillOutcome, SourceError> {
        let mut session = self.take().await?;
        let outcome = filling::fill(&mut session, module, rows).await?;
        self.give_back(session).await;
        Ok(outcome)
    }

    async fn clear(&self) -> Result<Clearing, SourceError> {
        let mut session = self.take().await?;
        let cleared = clearing::clear(&mut session.conn).await?;
        self.give_back(session).await;
        Ok(cleared)
    }

    async fn add_foreign_keys(&self, modules: &[Module]) -> Result<Creation, SourceError> {
        let mut session = self.take().await?;
        let added = creating::add_foreign_keys(&mut session.conn, modules).await?;
        self.give_back(session).await;
        Ok(added)
    }
}
