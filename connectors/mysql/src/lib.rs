//! Reads a CRM's database on MySQL (5.7 or later) or MariaDB (10.3 or later), and writes records back into it. A snapshot cannot be passed on to another
//! connection there, and ends with its own. So all connections that read begin theirs while one short
//! `FLUSH TABLES WITH READ LOCK` keeps everybody from writing. A user who may not do that reads with one connection.
//!
//! The snapshot covers InnoDB's rows only. Tables of engines without transactions are read as they are at that moment and
//! listed as inconsistent. Whether a table is still the one of the snapshot is checked after its metadata lock is taken,
//! which keeps everybody from altering it until it is read (MySQL reference manual, "Metadata Locking").

mod catalog;
mod cells;
mod check;
mod columns;
mod connect;
mod errors;
mod files;
mod names;
mod reading;
mod rights;
mod state;
mod structure;
mod tables;
mod workers;
mod writing;

use async_trait::async_trait;
use hozon_shared::domain::source::SourceReport;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, Writer};

pub use connect::Mysql;

#[async_trait]
impl Connector for Mysql {
    async fn check(&self) -> Result<SourceReport, SourceError> {
        check::report(self).await
    }

    async fn hold(&self, protection: Protection) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(state::State::begin(self, protection).await?))
    }

    fn writer(&self) -> Option<Box<dyn Writer>> {
        Some(Box::new(writing::MysqlWriter::new(self.clone())))
    }
}
