//! Reads an organisation's allowance. Several functions need it: for its own call, the summary, and previews of schedules.

use chrono::{DateTime, Utc};

use crate::domain::allowance::Account;
use crate::domain::forecast::Forecast;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Plans;
use crate::domain::rule::Rule;
use crate::domain::subscription::Subscription;
use crate::ports::{Accounts, PortError, Purchases};

/// An organisation's account and weekly subscription.
pub struct AllowanceState {
    pub account: Account,
    /// The weekly subscription, while it is valid.
    pub weekly: Option<Subscription>,
}

impl AllowanceState {
    /// Reads the account, and the weekly subscription if there is one.
    pub async fn read(
        accounts: &dyn Accounts,
        purchases: &dyn Purchases,
        organisation: &Organisation,
        now: DateTime<Utc>,
    ) -> Result<Self, PortError> {
        let account = accounts.account(organisation.id).await?;
        let weekly = match &account.weekly {
            Some(weekly) => {
                purchases.subscriptions(organisation.id).await?.into_iter().find(|held| held.id == weekly.subscription)
            }
            None => None,
        };
        let weekly = weekly.filter(|held| held.counts_until().is_some_and(|until| now < until));
        Ok(Self { account, weekly })
    }

    /// Forecasts the runs of a rule.
    pub fn forecast(&self, plans: &Plans, organisation: &Organisation, rule: Rule) -> Forecast {
        let free = plans.free(&organisation.plan);
        Forecast::new(self.account.clone(), self.weekly.as_ref(), free, rule, organisation.time_zone)
    }
}
