//! What the handlers of this function share.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};
use hozon_shared::allowance::AllowanceState;
use hozon_shared::api::{ApiError, Envelope};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::price::Terms;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{PortError, Triggers};

use crate::ports::SchedulePorts;

/// Attempts to change a row that others change concurrently.
pub const ATTEMPTS: usize = 5;

/// The function with its dependencies.
#[derive(Clone)]
pub struct App {
    pub ports: SchedulePorts,
    pub triggers: Arc<dyn Triggers>,
    pub terms: Arc<Terms>,
    /// When scheduled runs start, for organisations that have not set their own time.
    pub time_of_day: NaiveTime,
    /// How long a run may last.
    pub run_length: RunLength,
    /// Addresses that webhooks may have.
    pub addresses: Addresses,
}

impl App {
    pub(crate) async fn organisation(&self, org: OrgId) -> Result<Organisation, ApiError> {
        let organisation = self.ports.store.organisation(org).await?;
        organisation.ok_or_else(|| ApiError::not_found().envelope(Envelope::Backup))
    }

    pub(crate) async fn allowance(&self, organisation: &Organisation, now: DateTime<Utc>) -> Result<AllowanceState, PortError> {
        AllowanceState::read(&*self.ports.accounts, &*self.ports.purchases, organisation, now).await
    }

    /// Returns the time of day of an organisation's scheduled runs.
    pub(crate) fn time_of_day(&self, organisation: &Organisation) -> NaiveTime {
        organisation.time_of_day.unwrap_or(self.time_of_day)
    }
}
