//! Reads Zoho CRM by its API, version 8.

mod access;
mod account;
mod attachments;
mod budget;
mod bulk;
mod bulk_csv;
mod catalog;
mod changes;
mod check;
mod client;
mod columns;
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
mod walk;

use async_trait::async_trait;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::source::SourceReport;
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, SourceSecret, StateToken};

pub use access::{OauthClient, ZohoAccess};
pub use consent::{GrantError, GrantedCode};

/// A Zoho CRM organisation.
pub struct Zoho {
    pub settings: ZohoSettings,
    pub secret: SourceSecret,
    /// Names what the workers of a connection share.
    pub connection: (OrgId, ConnectionId),
    pub access: ZohoAccess,
}

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
}
