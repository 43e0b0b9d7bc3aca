//! What the handlers of this function share.

use std::sync::Arc;

use chrono::NaiveTime;
use hozon_shared::api::{ApiError, Envelope};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::price::Terms;
use hozon_shared::ports::{Ports, Triggers};

/// Attempts to change a row that others change concurrently.
pub const ATTEMPTS: usize = 5;

#[derive(Clone)]
pub struct App {
    pub ports: Ports,
    pub triggers: Arc<dyn Triggers>,
    pub terms: Arc<Terms>,
    pub time_of_day: NaiveTime,
}

impl App {
    pub async fn organisation(&self, org: OrgId) -> Result<Organisation, ApiError> {
        let organisation = self.ports.store.organisation(org).await?;
        organisation.ok_or_else(|| ApiError::not_found().envelope(Envelope::Backup))
    }

    /// Returns the time of day of an organisation's scheduled runs.
    pub fn time_of_day(&self, organisation: &Organisation) -> NaiveTime {
        organisation.time_of_day.unwrap_or(self.time_of_day)
    }
}
