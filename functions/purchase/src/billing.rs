//! What the calls about the allowance share. They answer whether or not purchases are enabled.

use std::sync::Arc;

use hozon_shared::api::{ApiError, Envelope};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::price::Terms;

use crate::ports::PurchasePorts;

/// The ports and terms of these calls.
#[derive(Clone)]
pub struct Billing {
    pub ports: PurchasePorts,
    pub terms: Arc<Terms>,
}

impl Billing {
    pub(crate) async fn organisation(&self, org: OrgId) -> Result<Organisation, ApiError> {
        let organisation = self.ports.store.organisation(org).await?;
        organisation.ok_or_else(|| ApiError::not_found().envelope(Envelope::Backup))
    }
}
