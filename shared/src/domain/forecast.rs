//! Forecast of the runs ahead: which of them will be skipped because no backup is left.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::allowance::{Account, Demand, Entitlement};
use super::id::BackupId;
use super::plan::FreeBackups;
use super::rule::{RepeatType, Rule};
use super::subscription::{Subscription, SubscriptionStatus};

/// The allowance that the runs of a rule will find.
#[derive(Debug, Clone)]
pub struct Forecast {
    account: Account,
    free: FreeBackups,
    is_weekly: bool,
    zone: Tz,
}

impl Forecast {
    /// Creates a forecast from the current state. It assumes that an active subscription renews, and that a cancelled
    /// or unpaid one ends with its period.
    pub fn new(account: Account, subscription: Option<&Subscription>, free: FreeBackups, rule: Rule, zone: Tz) -> Self {
        let renews = subscription.is_some_and(|held| held.status == SubscriptionStatus::Active);
        let weekly = account.weekly.map(|weekly| match renews {
            true => Entitlement { until: DateTime::<Utc>::MAX_UTC, ..weekly },
            false => weekly,
        });
        let is_weekly = rule.repeat_type() == RepeatType::Weekly;
        Self { account: Account { weekly, ..account }, free, is_weekly, zone }
    }

    /// Returns those of the given runs, ordered by time, that will be skipped.
    pub fn skipped(&self, runs: impl IntoIterator<Item = DateTime<Utc>>) -> Vec<DateTime<Utc>> {
        let mut account = self.account.clone();
        let mut skipped = Vec::new();
        for run in runs {
            match account.clone().claim(&self.demand(run, run)) {
                Ok((_, Some(used))) => account = used.account,
                Ok((_, None)) => {}
                Err(_) => skipped.push(run),
            }
        }
        skipped
    }

    /// Returns whether no backup is left now for a run due at `run`.
    pub fn is_used_up(&self, now: DateTime<Utc>, run: DateTime<Utc>) -> bool {
        self.account.clone().claim(&self.demand(now, run)).is_err()
    }

    fn demand(&self, now: DateTime<Utc>, run: DateTime<Utc>) -> Demand {
        Demand { backup: BackupId(0), free: self.free, now, weekly: self.is_weekly.then_some(run), zone: self.zone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{OrderId, OrgId, SubscriptionId};
    use crate::domain::product::Product;
    use chrono::TimeDelta;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn weeks(from: &str, count: i32) -> Vec<DateTime<Utc>> {
        (0..count).map(|week| at(from) + TimeDelta::weeks(week.into())).collect()
    }

    fn forecast(account: Account, subscription: Option<&Subscription>, free: u32, rule: &str) -> Forecast {
        let rule = rule.parse().expect("a rule");
        Forecast::new(account, subscription, FreeBackups::PerMonth(free), rule, Tz::UTC)
    }

    fn used(account: Account, times: u32) -> Account {
        let demand = Demand {
            backup: BackupId(1),
            free: FreeBackups::PerMonth(2),
            now: at("2026-11-24T00:00:00Z"),
            weekly: None,
            zone: Tz::UTC,
        };
        (0..times).fold(account, |account, _| account.claim(&demand).expect("left").1.expect("counted").account)
    }

    fn subscription(status: SubscriptionStatus) -> Subscription {
        Subscription {
            org: OrgId(1),
            id: SubscriptionId(1),
            order: OrderId(1),
            product: Product::Weekly,
            amount: crate::domain::money::Money::of(3600, "JPY".parse().expect("a currency")),
            provider: "sub".to_owned(),
            status,
            started: at("2026-11-24T00:00:00Z"),
            period_end: at("2026-12-24T00:00:00Z"),
            ended: None,
            plan_before: None,
            withheld_until: None,
            version: 1,
        }
    }

    const BIWEEKLY: &str = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO";
    const WEEKLY: &str = "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO";

    #[test]
    fn the_run_of_a_month_that_is_used_up_is_skipped_and_the_next_month_goes_on() {
        let runs = [at("2026-11-30T04:00:00Z"), at("2026-12-14T04:00:00Z"), at("2026-12-28T04:00:00Z")];
        let account = used(Account::new(OrgId(1)), 2);
        let ahead = forecast(account.clone(), None, 2, BIWEEKLY);
        assert_eq!(ahead.skipped(runs), [runs[0]]);
        assert!(ahead.is_used_up(at("2026-11-24T00:00:00Z"), runs[0]));
        let bought = account.buy(OrderId(1), 1).account;
        assert!(forecast(bought, None, 2, BIWEEKLY).skipped(runs).is_empty());
        assert!(forecast(used(Account::new(OrgId(1)), 1), None, 2, BIWEEKLY).skipped(runs).is_empty());
    }

    #[test]
    fn a_month_with_more_runs_than_free_backups_skips_the_last_ones() {
        let runs = weeks("2026-12-07T04:00:00Z", 4);
        assert_eq!(forecast(Account::new(OrgId(1)), None, 2, WEEKLY).skipped(runs.clone()), runs[2..]);
        assert_eq!(forecast(Account::new(OrgId(1)), None, 0, WEEKLY).skipped(runs.clone()), runs);
    }

    #[test]
    fn a_weekly_subscription_covers_every_run_while_it_lasts() {
        let runs = weeks("2026-11-30T04:00:00Z", 30);
        let held = |status| {
            let subscription = subscription(status);
            let account = Account { weekly: subscription.entitlement(), ..used(Account::new(OrgId(1)), 2) };
            forecast(account, Some(&subscription), 0, WEEKLY).skipped(runs.clone())
        };
        assert!(held(SubscriptionStatus::Active).is_empty(), "it renews");
        assert_eq!(held(SubscriptionStatus::Ending), runs[4..], "from 28 December on nothing pays for it");
        let subscription = subscription(SubscriptionStatus::Active);
        let account = Account { weekly: subscription.entitlement(), ..Account::new(OrgId(1)) };
        assert_eq!(forecast(account, Some(&subscription), 0, BIWEEKLY).skipped(runs.clone()), runs, "weekly schedules only");
    }

    #[test]
    fn a_plan_without_limit_skips_nothing() {
        let rule = WEEKLY.parse().expect("a rule");
        let ahead = Forecast::new(Account::new(OrgId(1)), None, FreeBackups::Unlimited, rule, Tz::UTC);
        assert!(ahead.skipped(weeks("2026-11-30T04:00:00Z", 60)).is_empty());
    }
}
