//! A connection to Zoho CRM.

use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::SourceSecret;

use crate::access::ZohoAccess;

/// A Zoho CRM organisation.
#[derive(Clone)]
pub struct Zoho {
    pub settings: ZohoSettings,
    pub secret: SourceSecret,
    /// Names what the workers of a connection share.
    pub connection: (OrgId, ConnectionId),
    pub access: ZohoAccess,
}
