//! The representation of an organisation's allowance.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::SubscriptionStatusName;
use super::{LocalTime, local_time};
use crate::allowance::AllowanceState;
use crate::domain::organisation::Organisation;
use crate::domain::period::Month;
use crate::domain::plan::FreeBackups;
use crate::domain::price::Terms;
use crate::domain::recurrence::next_month;
use crate::domain::subscription::SubscriptionStatus;

/// The allowance of an organisation.
#[derive(Serialize, ToSchema)]
pub struct AllowanceOut {
    plan: String,
    /// Whether the plan is unlimited. All counts are null then.
    unlimited: bool,
    free_per_month: Option<u32>,
    /// Free backups used this month.
    used: u32,
    /// Free backups left this month.
    free_left: Option<u32>,
    /// When the free backups of the next month become available.
    renews: LocalTime,
    /// One-time backups left.
    one_time_left: u32,
    weekly: Option<WeeklyOut>,
    /// Sum of free and one-time backups left.
    left: Option<u32>,
    /// Whether purchases are enabled.
    purchases: bool,
}

#[derive(Serialize, ToSchema)]
struct WeeklyOut {
    subscription: String,
    /// End of the paid period.
    until: LocalTime,
    #[schema(value_type = SubscriptionStatusName)]
    status: SubscriptionStatus,
}

impl AllowanceOut {
    /// Represents the allowance as of `now`, under the plans and prices that apply.
    pub fn of(state: AllowanceState, terms: &Terms, organisation: &Organisation, now: DateTime<Utc>) -> Self {
        let AllowanceState { account, weekly } = state;
        let zone = organisation.time_zone;
        let month = Month::of(now, zone);
        let free = terms.plans.free(&organisation.plan);
        let credits = account.credits_left();
        let free_per_month = match free {
            FreeBackups::Unlimited => None,
            FreeBackups::PerMonth(count) => Some(count),
        };
        let free_left = free_per_month.map(|_| account.free_left(free, &month));
        Self {
            plan: organisation.plan.clone(),
            unlimited: free == FreeBackups::Unlimited,
            free_per_month,
            used: account.free_used(&month),
            free_left,
            renews: local_time(next_month(now, zone), zone),
            one_time_left: credits,
            weekly: weekly.map(|held| WeeklyOut {
                subscription: held.id.to_string(),
                until: local_time(held.period_end, zone),
                status: held.status,
            }),
            left: free_left.map(|left| left.saturating_add(credits)),
            purchases: terms.prices.is_some(),
        }
    }
}
