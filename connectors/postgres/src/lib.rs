//! Reads a CRM's PostgreSQL database (12 or later), and writes records back into it. All tables are read in one snapshot, which one connection exports
//! and the others import, as `pg_dump --jobs` does (PostgreSQL documentation, "Snapshot Synchronization Functions").
//!
//! A snapshot does not protect from everything: `TRUNCATE` and rewriting forms of `ALTER TABLE` are not MVCC-safe
//! (documentation, "Caveats" of "Concurrency Control"). [`HeldState::confirm`]
//! notices them by the number of a table's file.

mod catalog;
mod check;
mod connect;
mod copy_text;
mod errors;
mod files;
mod handover;
mod names;
mod order;
mod place;
mod reading;
mod state;
mod structure;
mod structure_queries;
mod tables;
mod workers;
mod writing;

use async_trait::async_trait;
use hozon_shared::domain::source::SourceReport;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, StateToken, Writer};

pub use connect::Postgres;

#[async_trait]
impl Connector for Postgres {
    async fn check(&self) -> Result<SourceReport, SourceError> {
        check::report(self).await
    }

    async fn hold(&self, protection: Protection) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(state::State::begin(self, protection).await?))
    }

    async fn join(&self, token: &StateToken) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(handover::join(self, token).await?))
    }

    fn writer(&self) -> Option<Box<dyn Writer>> {
        Some(Box::new(writing::PostgresWriter::new(self.clone())))
    }
}
