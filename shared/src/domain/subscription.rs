//! Subscriptions: products charged monthly, how they follow the payment provider, and until when they are valid.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::allowance::Entitlement;
use super::id::{OrderId, OrgId, SubscriptionId};
use super::money::Money;
use super::payment::{Standing, SubscriptionState};
use super::product::Product;

/// Grace period after the end of a paid period. The provider reports a renewal only some time after it; runs in between
/// are covered.
const LAG: TimeDelta = TimeDelta::hours(6);

/// State of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionStatus {
    /// Paid, and renewed at the end of the period.
    Active,
    /// The payment of a renewal failed. The provider retries it, and the subscription stays valid until it gives up.
    PastDue,
    /// Cancelled, but valid until the end of the period.
    Ending,
    Ended,
}

/// A subscription to one product. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub org: OrgId,
    pub id: SubscriptionId,
    /// The order that bought it.
    pub order: OrderId,
    pub product: Product,
    /// Monthly price including tax.
    pub amount: Money,
    /// The provider's subscription id. Products of one order share it.
    pub provider: String,
    pub status: SubscriptionStatus,
    pub started: DateTime<Utc>,
    /// End of the paid period, or of the period whose payment is open.
    pub period_end: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    /// The organisation's plan before this one.
    pub plan_before: Option<String>,
    /// End of the period whose payment was refunded or is disputed. The subscription grants nothing until then.
    pub withheld_until: Option<DateTime<Utc>>,
    /// Zero before the subscription is first stored.
    pub version: u64,
}

/// State changes of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStep {
    /// Another period was paid.
    Renewed,
    /// The payment of a renewal failed.
    PaymentFailed,
    /// The subscription will end with its period.
    Cancelled,
    /// A cancellation was withdrawn.
    Resumed,
    Ended,
}

impl SubscriptionStep {
    /// Name of the event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Renewed => "subscription_renewed",
            Self::PaymentFailed => "payment_failed",
            Self::Cancelled => "subscription_cancelled",
            Self::Resumed => "subscription_resumed",
            Self::Ended => "subscription_ended",
        }
    }
}

impl Subscription {
    /// Applies the provider's state. Returns the updated subscription and its state change, if there is one, or `None`
    /// if nothing has changed. An ended subscription never changes.
    pub fn follow(&self, state: &SubscriptionState, at: DateTime<Utc>) -> Option<(Self, Option<SubscriptionStep>)> {
        if self.status == SubscriptionStatus::Ended || state.standing == Standing::Incomplete {
            return None;
        }
        let is_listed = state.products.contains(&self.product.to_string());
        // A product that was removed keeps the period that is paid, whatever happens to the other products.
        let is_over = if is_listed { state.standing == Standing::Ended } else { self.period_end <= at };
        let followed = match (is_over, is_listed) {
            (true, _) => Self { status: SubscriptionStatus::Ended, ended: Some(at), ..self.clone() },
            (false, false) => Self { status: SubscriptionStatus::Ending, ..self.clone() },
            (false, true) => Self { status: status(state), period_end: state.period_end, ..self.clone() },
        };
        (followed != *self).then(|| (followed.clone(), self.turn(&followed)))
    }

    fn turn(&self, followed: &Self) -> Option<SubscriptionStep> {
        match (self.status, followed.status) {
            (_, SubscriptionStatus::Ended) => Some(SubscriptionStep::Ended),
            (SubscriptionStatus::Active | SubscriptionStatus::PastDue, SubscriptionStatus::Ending) => {
                Some(SubscriptionStep::Cancelled)
            }
            (SubscriptionStatus::Active | SubscriptionStatus::Ending, SubscriptionStatus::PastDue) => {
                Some(SubscriptionStep::PaymentFailed)
            }
            (SubscriptionStatus::PastDue, SubscriptionStatus::Active) => Some(SubscriptionStep::Renewed),
            (SubscriptionStatus::Ending, SubscriptionStatus::Active) => Some(SubscriptionStep::Resumed),
            (_, SubscriptionStatus::Active) if followed.period_end > self.period_end => Some(SubscriptionStep::Renewed),
            _ => None,
        }
    }

    /// Returns the status at `now`. A cancelled subscription ends with its period, even before the provider reports it.
    pub fn status_at(&self, now: DateTime<Utc>) -> SubscriptionStatus {
        if self.status == SubscriptionStatus::Ending && self.period_end <= now { SubscriptionStatus::Ended } else { self.status }
    }

    /// Ends the subscription because another one replaces it.
    #[must_use]
    pub fn replaced(self, at: DateTime<Utc>) -> Self {
        Self { status: SubscriptionStatus::Ended, ended: Some(at), ..self }
    }

    /// Withholds the current period, or restores it.
    #[must_use]
    pub fn withhold(self, withheld: bool) -> Self {
        let withheld_until = withheld.then_some(self.period_end);
        Self { withheld_until, ..self }
    }

    /// Returns until when the subscription is valid; `None` if it is not.
    pub fn counts_until(&self) -> Option<DateTime<Utc>> {
        let is_withheld = self.withheld_until.is_some_and(|until| self.period_end <= until);
        match self.status {
            _ if is_withheld => None,
            SubscriptionStatus::Ended => None,
            SubscriptionStatus::Ending => Some(self.period_end),
            SubscriptionStatus::Active | SubscriptionStatus::PastDue => Some(self.period_end + LAG),
        }
    }

    /// Returns what the subscription grants to the account.
    pub fn entitlement(&self) -> Option<Entitlement> {
        self.counts_until().map(|until| Entitlement { subscription: self.id, until })
    }
}

fn status(state: &SubscriptionState) -> SubscriptionStatus {
    match state.standing {
        _ if state.ends_with_period => SubscriptionStatus::Ending,
        Standing::PastDue => SubscriptionStatus::PastDue,
        _ => SubscriptionStatus::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payment::SubscriptionState;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn weekly() -> Subscription {
        Subscription {
            org: OrgId(1),
            id: SubscriptionId(2),
            order: OrderId(3),
            product: Product::Weekly,
            amount: Money::of(3600, "JPY".parse().expect("a currency")),
            provider: "sub".to_owned(),
            status: SubscriptionStatus::Active,
            started: at("2026-11-24T00:00:00Z"),
            period_end: at("2026-12-24T00:00:00Z"),
            ended: None,
            plan_before: None,
            withheld_until: None,
            version: 1,
        }
    }

    fn state(standing: Standing, period_end: &str, products: &[&str]) -> SubscriptionState {
        SubscriptionState {
            id: "sub".to_owned(),
            owner: None,
            standing,
            period_end: at(period_end),
            ends_with_period: false,
            products: products.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn an_unchanged_state_is_no_change() {
        assert_eq!(
            weekly().follow(&state(Standing::Active, "2026-12-24T00:00:00Z", &["weekly"]), at("2026-11-25T00:00:00Z")),
            None
        );
        assert_eq!(weekly().follow(&state(Standing::Incomplete, "2026-12-24T00:00:00Z", &[]), at("2026-11-25T00:00:00Z")), None);
    }

    #[test]
    fn a_renewal_extends_it_and_a_failed_one_ends_it_when_the_provider_gives_up() {
        let now = at("2026-12-24T00:01:00Z");
        let next = "2027-01-24T00:00:00Z";
        let (renewed, turn) = weekly().follow(&state(Standing::Active, next, &["weekly"]), now).expect("is news");
        assert_eq!((turn, renewed.counts_until()), (Some(SubscriptionStep::Renewed), Some(at(next) + LAG)));
        let (due, turn) = weekly().follow(&state(Standing::PastDue, next, &["weekly"]), now).expect("is news");
        assert_eq!((turn, due.counts_until()), (Some(SubscriptionStep::PaymentFailed), Some(at(next) + LAG)));
        let (paid, turn) = due.follow(&state(Standing::Active, next, &["weekly"]), now).expect("is news");
        assert_eq!((turn, paid.status), (Some(SubscriptionStep::Renewed), SubscriptionStatus::Active));
        let (ended, turn) = due.follow(&state(Standing::Ended, next, &["weekly"]), now).expect("is news");
        assert_eq!((turn, ended.counts_until(), ended.ended), (Some(SubscriptionStep::Ended), None, Some(now)));
        assert_eq!(ended.follow(&state(Standing::Active, next, &["weekly"]), now), None);
    }

    #[test]
    fn a_cancelled_one_counts_until_its_periods_end() {
        let now = at("2026-11-25T00:00:00Z");
        let mut cancelled = state(Standing::Active, "2026-12-24T00:00:00Z", &["weekly"]);
        cancelled.ends_with_period = true;
        let (ending, turn) = weekly().follow(&cancelled, now).expect("is news");
        assert_eq!((turn, ending.counts_until()), (Some(SubscriptionStep::Cancelled), Some(at("2026-12-24T00:00:00Z"))));
        cancelled.ends_with_period = false;
        let (resumed, turn) = ending.follow(&cancelled, now).expect("is news");
        assert_eq!((turn, resumed), (Some(SubscriptionStep::Resumed), weekly()));
    }

    #[test]
    fn an_item_removed_from_a_shared_subscription_ends_with_its_own_period() {
        let rest = state(Standing::Active, "2026-12-24T00:00:00Z", &["plan:Standard"]);
        let (ending, turn) = weekly().follow(&rest, at("2026-11-25T00:00:00Z")).expect("is news");
        assert_eq!((turn, ending.status), (Some(SubscriptionStep::Cancelled), SubscriptionStatus::Ending));
        let rest = state(Standing::Active, "2027-01-24T00:00:00Z", &["plan:Standard"]);
        let (ended, turn) = ending.follow(&rest, at("2026-12-24T00:00:05Z")).expect("is news");
        assert_eq!((turn, ended.status), (Some(SubscriptionStep::Ended), SubscriptionStatus::Ended));
    }

    #[test]
    fn a_removed_item_keeps_its_period_when_the_subscription_ends() {
        let now = at("2026-11-25T00:00:00Z");
        let (ending, _) =
            weekly().follow(&state(Standing::Active, "2026-12-24T00:00:00Z", &["plan:Standard"]), now).expect("is news");
        assert_eq!(ending.follow(&state(Standing::Ended, "2026-12-24T00:00:00Z", &["plan:Standard"]), now), None);
        assert_eq!(ending.status_at(at("2026-12-23T23:59:59Z")), SubscriptionStatus::Ending);
        assert_eq!(ending.status_at(ending.period_end), SubscriptionStatus::Ended);
    }

    #[test]
    fn a_refund_withholds_its_own_period_only() {
        let withheld = weekly().withhold(true);
        assert_eq!(withheld.counts_until(), None);
        assert!(withheld.clone().withhold(false).counts_until().is_some());
        let next = state(Standing::Active, "2027-01-24T00:00:00Z", &["weekly"]);
        let (renewed, _) = withheld.follow(&next, at("2026-12-24T00:01:00Z")).expect("is news");
        assert!(renewed.counts_until().is_some());
    }
}
