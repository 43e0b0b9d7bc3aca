//! Reads Zoho CRM by its API, version 8.

mod access;
mod consent;

use async_trait::async_trait;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::source::{SourceErrorKind, SourceReport};
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, SourceSecret};

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
        Err(SourceErrorKind::Unsupported("not yet").into())
    }

    async fn hold(&self, _: Protection) -> Result<Box<dyn HeldState>, SourceError> {
        Err(SourceErrorKind::Unsupported("not yet").into())
    }
}
