//! Reads and writes Zoho CRM by its API, version 8, or reads the backups that it makes of itself.

mod access;
mod account;
mod attachments;
mod backup;
mod budget;
mod bulk;
mod bulk_csv;
mod call;
mod catalog;
mod changes;
mod check;
mod client;
mod columns;
mod connection;
mod consent;
mod deleted;
mod errors;
mod files;
mod listing;
mod names;
mod records;
mod spill;
mod state;
mod subforms;
mod tokens;
mod values;
mod walk;
mod writing;

use async_trait::async_trait;
use hozon_shared::domain::source::SourceReport;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, StateToken, Writer};

pub use access::{OauthClient, ZohoAccess};
pub use backup::ZohoBackup;
pub use connection::Zoho;
pub use consent::{GrantError, GrantedCode};

#[async_trait]
impl Connector for Zoho {
    async fn check(&self) -> Result<SourceReport, SourceError> {
        check::report(self).await
    }

    async fn hold(&self, _: Protection) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(state::State::begin(self).await?))
    }

    async fn join(&self, token: &StateToken) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(state::State::join(self, token)?))
    }

    fn writer(&self) -> Option<Box<dyn Writer>> {
        Some(Box::new(writing::ZohoWriter::new(self.clone())))
    }
}
