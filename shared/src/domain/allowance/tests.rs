//! Property tests: used backups never exceed granted ones, and the ledger always sums to the balance, in any order of
//! events.

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;

const ZONES: [Tz; 4] = [Tz::Asia__Tokyo, Tz::America__New_York, Tz::UTC, Tz::Pacific__Kiritimati];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn demand(backup: u64, free: FreeBackups, now: DateTime<Utc>, weekly: bool) -> Demand {
    Demand { backup: BackupId(backup), free, now, weekly: weekly.then_some(now), zone: Tz::Asia__Tokyo }
}

fn claim(account: Account, demand: &Demand) -> (Account, Claim) {
    let (claim, settled) = account.claim(demand).expect("something is left");
    (settled.expect("is counted").account, claim)
}

#[test]
fn months_and_weeks_are_counted_in_the_organisations_zone() {
    let now = at("2026-10-31T15:30:00Z");
    assert_eq!([Month::of(now, Tz::Asia__Tokyo).0, Month::of(now, Tz::America__New_York).0], ["2026-11", "2026-10"]);
    let now = at("2026-12-31T20:00:00Z");
    assert_eq!([Week::of(now, Tz::UTC).0, Week::of(at("2027-01-04T00:00:00Z"), Tz::UTC).0], ["2026-W53", "2027-W01"]);
}

#[test]
fn a_run_uses_the_subscription_then_the_month_then_what_was_bought() {
    let now = at("2026-11-24T00:00:00Z");
    let mut account = Account::new(OrgId(1)).buy(OrderId(7), 1).account;
    account.weekly = Some(Entitlement { subscription: SubscriptionId(5), until: at("2026-12-24T00:00:00Z") });
    let two = FreeBackups::PerMonth(2);
    let (account, first) = claim(account, &demand(1, two, now, true));
    let (account, second) = claim(account, &demand(2, two, now, true));
    let (account, third) = claim(account, &demand(3, two, now, false));
    let (account, fourth) = claim(account, &demand(4, two, now, true));
    assert_eq!(first, Claim::Weekly { week: Week("2026-W48".to_owned()) });
    assert_eq!((&second, &third), (&Claim::Free { month: Month("2026-11".to_owned()) }, &second));
    assert_eq!(fourth, Claim::Credit { order: OrderId(7) });
    assert_eq!(account.clone().claim(&demand(5, two, now, true)), Err(LimitReached { allowed: 2 }));
    let next_week = now + TimeDelta::days(7);
    assert_eq!(claim(account.clone(), &demand(5, two, next_week, true)).1, Claim::Weekly { week: Week("2026-W49".to_owned()) });
    assert_eq!(account.claim(&demand(6, FreeBackups::Unlimited, now, true)), Ok((Claim::Unlimited, None)));
}

#[test]
fn only_weekly_schedules_use_the_subscription_and_only_while_it_lasts() {
    let now = at("2026-11-24T00:00:00Z");
    let mut account = Account::new(OrgId(1));
    account.weekly = Some(Entitlement { subscription: SubscriptionId(5), until: now });
    let none = FreeBackups::PerMonth(0);
    assert_eq!(account.clone().claim(&demand(1, none, now, true)), Err(LimitReached { allowed: 0 }));
    assert_eq!(account.clone().claim(&demand(1, none, now - TimeDelta::seconds(1), false)), Err(LimitReached { allowed: 0 }));
    assert!(account.claim(&demand(1, none, now - TimeDelta::seconds(1), true)).is_ok());
}

#[test]
fn a_refund_takes_unused_backups_only_and_later_returns_count_towards_it() {
    let now = at("2026-11-24T00:00:00Z");
    let account = Account::new(OrgId(1)).buy(OrderId(7), 3).account;
    let (account, first) = claim(account, &demand(1, FreeBackups::PerMonth(0), now, false));
    let (account, _) = claim(account, &demand(2, FreeBackups::PerMonth(0), now, false));
    let account = account.refund(OrderId(7), 2).account;
    assert_eq!(account.credits_left(), 0);
    let account = account.give_back(&first, BackupId(1)).expect("was counted").account;
    assert_eq!(account.credits_left(), 0, "what was paid back is not handed out again");
    let account = account.give_back(&first, BackupId(2)).expect("was counted").account;
    assert_eq!(account.credits_left(), 1);
}

#[test]
fn a_dispute_withholds_backups_and_returns_them_if_it_is_won() {
    let account = Account::new(OrgId(1)).buy(OrderId(7), 3).account;
    let disputed = account.dispute(OrderId(7), true).account;
    assert_eq!(disputed.credits_left(), 0);
    assert_eq!(disputed.dispute(OrderId(7), false).account.credits_left(), 3);
}

/// A random event in the life of an account.
#[derive(Debug, Clone)]
enum Step {
    Run { weekly: bool },
    Fail { which: prop::sample::Index },
    Finish { which: prop::sample::Index },
    Buy { count: u32 },
    Refund { which: prop::sample::Index, count: u32 },
    Dispute { which: prop::sample::Index, disputed: bool },
    Subscribe { days: i64 },
    Wait { hours: i64 },
    Move { zone: prop::sample::Index },
    Plan { free: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        6 => any::<bool>().prop_map(|weekly| Step::Run { weekly }),
        2 => which().prop_map(|which| Step::Fail { which }),
        2 => which().prop_map(|which| Step::Finish { which }),
        2 => (1..5u32).prop_map(|count| Step::Buy { count }),
        1 => (which(), 0..6u32).prop_map(|(which, count)| Step::Refund { which, count }),
        1 => (which(), any::<bool>()).prop_map(|(which, disputed)| Step::Dispute { which, disputed }),
        1 => (1..40i64).prop_map(|days| Step::Subscribe { days }),
        4 => (1..200i64).prop_map(|hours| Step::Wait { hours }),
        1 => which().prop_map(|zone| Step::Move { zone }),
        1 => (0..5u32).prop_map(|free| Step::Plan { free }),
    ]
}

/// An account, its ledger, and the events so far.
struct History {
    account: Account,
    ledger: BTreeMap<Pool, i64>,
    /// Running backups with the claim of each.
    running: Vec<(BackupId, Claim, DateTime<Utc>)>,
    /// Backups used per pool, including those of running backups.
    used: BTreeMap<Pool, u32>,
    orders: Vec<(OrderId, u32)>,
    now: DateTime<Utc>,
    zone: Tz,
    free: FreeBackups,
    next: u64,
}

impl History {
    fn new() -> Self {
        Self {
            account: Account::new(OrgId(1)),
            ledger: BTreeMap::new(),
            running: Vec::new(),
            used: BTreeMap::new(),
            orders: Vec::new(),
            now: at("2026-11-24T00:00:00Z"),
            zone: Tz::Asia__Tokyo,
            free: FreeBackups::PerMonth(2),
            next: 1,
        }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn settle(&mut self, settled: Settled) {
        for movement in settled.movements {
            *self.ledger.entry(movement.pool).or_default() += movement.change;
        }
        self.account = settled.account;
    }

    fn happen(&mut self, step: Step) -> TestCaseResult {
        match step {
            Step::Run { weekly } => self.run(weekly)?,
            Step::Fail { which } if !self.running.is_empty() => {
                let (backup, claim, _) = self.running.remove(which.index(self.running.len()));
                let pool = claim.pool().expect("is counted");
                *self.used.get_mut(&pool).expect("was used") -= 1;
                let settled = self.account.clone().give_back(&claim, backup).expect("was counted");
                self.settle(settled);
            }
            Step::Finish { which } if !self.running.is_empty() => {
                self.running.remove(which.index(self.running.len()));
            }
            Step::Buy { count } => {
                let order = OrderId(self.id());
                self.orders.push((order, count));
                // The payment provider may repeat a message.
                for _ in 0..2 {
                    let settled = self.account.clone().buy(order, count);
                    self.settle(settled);
                }
            }
            Step::Refund { which, count } if !self.orders.is_empty() => {
                let (order, _) = self.orders[which.index(self.orders.len())];
                let settled = self.account.clone().refund(order, count);
                self.settle(settled);
            }
            Step::Dispute { which, disputed } if !self.orders.is_empty() => {
                let (order, _) = self.orders[which.index(self.orders.len())];
                let settled = self.account.clone().dispute(order, disputed);
                self.settle(settled);
            }
            Step::Subscribe { days } => {
                let until = self.now + TimeDelta::days(days);
                self.account.weekly = Some(Entitlement { subscription: SubscriptionId(1), until });
            }
            Step::Wait { hours } => {
                self.now += TimeDelta::hours(hours);
                // A backup ends within about a day.
                let now = self.now;
                self.running.retain(|(_, _, begun)| now - *begun < TimeDelta::hours(25));
            }
            Step::Move { zone } => self.zone = ZONES[zone.index(ZONES.len())],
            Step::Plan { free } => self.free = FreeBackups::PerMonth(free),
            Step::Fail { .. } | Step::Finish { .. } | Step::Refund { .. } | Step::Dispute { .. } => {}
        }
        self.check()
    }

    fn run(&mut self, weekly: bool) -> TestCaseResult {
        let backup = BackupId(self.id());
        let demand = Demand { backup, free: self.free, now: self.now, weekly: weekly.then_some(self.now), zone: self.zone };
        let month = Month::of(self.now, self.zone);
        let Ok((claim, settled)) = self.account.clone().claim(&demand) else {
            prop_assert_eq!(self.account.credits_left(), 0);
            prop_assert_eq!(self.account.free_left(self.free, &month), 0);
            return Ok(());
        };
        let pool = claim.pool().expect("is counted");
        let granted = match &claim {
            Claim::Weekly { .. } => 1,
            Claim::Free { .. } => self.account.free_left(self.free, &month) + self.used.get(&pool).copied().unwrap_or_default(),
            Claim::Credit { order } => self.orders.iter().find(|(bought, _)| bought == order).expect("was bought").1,
            Claim::Unlimited => u32::MAX,
        };
        let used = self.used.entry(pool).or_default();
        *used += 1;
        prop_assert!(*used <= granted, "{} used of {}: {:?}", used, granted, claim);
        self.running.push((backup, claim, self.now));
        self.settle(settled.expect("is counted"));
        Ok(())
    }

    fn check(&self) -> TestCaseResult {
        for (pool, sum) in &self.ledger {
            let is_remembered = match pool {
                Pool::Free { month } => self.account.free.contains_key(month),
                Pool::Weekly { week } => self.account.weeks.contains_key(week),
                Pool::Credits { .. } => true,
            };
            if is_remembered {
                prop_assert_eq!(*sum, i64::from(self.account.left(pool)), "{:?}", pool);
            }
            prop_assert!(*sum >= 0, "{:?}", pool);
        }
        for lot in &self.account.lots {
            prop_assert_eq!(lot.used, self.used.get(&Pool::Credits { order: lot.order }).copied().unwrap_or_default());
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn used_never_exceeds_granted_and_the_ledger_is_the_balance(steps in prop::collection::vec(step(), 1..120)) {
        let mut history = History::new();
        for step in steps {
            history.happen(step)?;
        }
    }
}
