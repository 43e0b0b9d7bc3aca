//! The allowance of an organisation: which backups it may still make, and what each run consumes. A run consumes, in
//! this order, the week of an active weekly subscription, one of the month's free backups, or a one-time backup. One
//! document holds the whole allowance, so that concurrent claims are decided one after the other.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{BackupId, OrderId, OrgId, SubscriptionId};
use super::ledger::{Cause, Movement, Pool};
use super::period::{Month, Week};
use super::plan::FreeBackups;

/// Number of months and weeks that an account keeps. A backup ends, and may return its claim, within about a day.
const REMEMBERED: usize = 3;

/// Backups granted for a period, and how many of them are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub granted: u32,
    /// Never exceeds `granted` at the time of use.
    pub used: u32,
}

impl Count {
    /// Number of granted backups that remain.
    pub fn left(self) -> u32 {
        self.granted.saturating_sub(self.used)
    }
}

/// The one-time backups bought with one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditLot {
    pub order: OrderId,
    pub bought: u32,
    pub used: u32,
    /// Number of backups that correspond to the refunded amount.
    pub refunded: u32,
    /// Whether the buyer's bank disputes the payment.
    pub disputed: bool,
}

impl CreditLot {
    /// Number of backups that remain. A refund never takes back used backups; a claim returned by a failed backup
    /// counts towards the refund first.
    pub fn left(&self) -> u32 {
        let withheld = if self.disputed { self.bought } else { self.refunded };
        self.bought.saturating_sub(self.used).saturating_sub(withheld)
    }
}

/// The weekly subscription's entitlement: one backup per week until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    pub subscription: SubscriptionId,
    /// Runs due before this time are covered.
    pub until: DateTime<Utc>,
}

/// Everything that an organisation may use. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub org: OrgId,
    /// Free backups of recent months.
    pub free: BTreeMap<Month, Count>,
    /// One-time backups, oldest order first.
    pub lots: Vec<CreditLot>,
    /// The weekly subscription, if one is active.
    pub weekly: Option<Entitlement>,
    /// Use of the weekly subscription in recent weeks.
    pub weeks: BTreeMap<Week, Count>,
    /// Zero before the account is first stored.
    pub version: u64,
}

/// The allowance that a run consumed. The backup stores it, so that a failure can return it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Claim {
    /// The weekly subscription's backup for one week.
    Weekly { week: Week },
    /// One of a month's free backups.
    Free { month: Month },
    /// A one-time backup.
    Credit {
        /// The order that bought it.
        order: OrderId,
    },
    /// Nothing, because the plan is unlimited.
    Unlimited,
}

/// A run that claims part of the allowance.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    pub backup: BackupId,
    /// Free backups of the organisation's plan.
    pub free: FreeBackups,
    /// Time of the claim; it selects the month that is charged.
    pub now: DateTime<Utc>,
    /// When the run is due, if a weekly schedule started it.
    pub weekly: Option<DateTime<Utc>>,
    /// The organisation's time zone.
    pub zone: Tz,
}

/// An account after a change, together with the ledger movements of that change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub account: Account,
    /// In the order in which they happened.
    pub movements: Vec<Movement>,
}

/// Error returned when no backup is left to claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all {allowed} free backups of this month are used, and no other backup is left")]
pub struct LimitReached {
    /// Free backups per month of the plan.
    pub allowed: u32,
}

impl Account {
    /// Creates the account of an organisation that has neither used nor bought anything.
    pub fn new(org: OrgId) -> Self {
        Self { org, free: BTreeMap::new(), lots: Vec::new(), weekly: None, weeks: BTreeMap::new(), version: 0 }
    }

    /// Claims one backup for a run. Fails with [`LimitReached`] if none is left. On an unlimited plan nothing is
    /// consumed.
    pub fn claim(self, demand: &Demand) -> Result<(Claim, Option<Settled>), LimitReached> {
        let FreeBackups::PerMonth(allowed) = demand.free else { return Ok((Claim::Unlimited, None)) };
        let month = Month::of(demand.now, demand.zone);
        let claim = if let Some(week) = self.covered_week(demand) {
            Claim::Weekly { week }
        } else if self.free_left(demand.free, &month) > 0 {
            Claim::Free { month }
        } else {
            let lot = self.lots.iter().find(|lot| lot.left() > 0).ok_or(LimitReached { allowed })?;
            Claim::Credit { order: lot.order }
        };
        let settled = self.settled().granting(&claim, allowed);
        let settled = settled.counting(&claim, Cause::Used { backup: demand.backup }, |used| used.saturating_add(1));
        Ok((claim, Some(settled)))
    }

    /// Returns the claim of a failed backup to the account; `None` if the backup had consumed nothing.
    pub fn give_back(self, claim: &Claim, backup: BackupId) -> Option<Settled> {
        let is_counted = *claim != Claim::Unlimited;
        is_counted.then(|| self.settled().counting(claim, Cause::GivenBack { backup }, |used| used.saturating_sub(1)))
    }

    /// Adds the one-time backups of an order. An order that was added before changes nothing.
    pub fn buy(self, order: OrderId, bought: u32) -> Settled {
        let is_new = self.lots.iter().all(|lot| lot.order != order);
        self.settled().with(Pool::Credits { order }, Cause::Bought, |account| {
            if is_new && bought > 0 {
                account.lots.push(CreditLot { order, bought, used: 0, refunded: 0, disputed: false });
            }
        })
    }

    /// Takes back unused backups of an order, up to `refunded` in total.
    pub fn refund(self, order: OrderId, refunded: u32) -> Settled {
        self.settled().with(Pool::Credits { order }, Cause::Refunded, |account| {
            account.lot(order, |lot| lot.refunded = lot.refunded.max(refunded.min(lot.bought)));
        })
    }

    /// Withholds the unused backups of an order while its payment is disputed, and restores them when the dispute is
    /// won.
    pub fn dispute(self, order: OrderId, disputed: bool) -> Settled {
        let cause = if disputed { Cause::Disputed } else { Cause::DisputeWon };
        self.settled().with(Pool::Credits { order }, cause, |account| account.lot(order, |lot| lot.disputed = disputed))
    }

    /// Number of free backups left in a month under a plan.
    pub fn free_left(&self, free: FreeBackups, month: &Month) -> u32 {
        match free {
            FreeBackups::Unlimited => u32::MAX,
            FreeBackups::PerMonth(count) => count.saturating_sub(self.free_used(month)),
        }
    }

    /// Number of free backups used in a month.
    pub fn free_used(&self, month: &Month) -> u32 {
        self.free.get(month).map_or(0, |count| count.used)
    }

    /// Number of one-time backups left.
    pub fn credits_left(&self) -> u32 {
        self.lots.iter().map(CreditLot::left).fold(0, u32::saturating_add)
    }

    /// Number of backups left in a pool.
    pub fn left(&self, pool: &Pool) -> u32 {
        match pool {
            Pool::Free { month } => self.free.get(month).copied().unwrap_or_default().left(),
            Pool::Weekly { week } => self.weeks.get(week).copied().unwrap_or_default().left(),
            Pool::Credits { order } => self.lots.iter().find(|lot| lot.order == *order).map_or(0, CreditLot::left),
        }
    }

    /// The week of the subscription that covers this run, if it is not used yet.
    fn covered_week(&self, demand: &Demand) -> Option<Week> {
        let due = demand.weekly.filter(|due| self.weekly.as_ref().is_some_and(|weekly| *due < weekly.until))?;
        let week = Week::of(due, demand.zone);
        let is_used = self.weeks.get(&week).is_some_and(|count| count.used > 0);
        (!is_used).then_some(week)
    }

    fn settled(self) -> Settled {
        Settled { account: self, movements: Vec::new() }
    }

    fn lot(&mut self, order: OrderId, change: impl FnOnce(&mut CreditLot)) {
        if let Some(lot) = self.lots.iter_mut().find(|lot| lot.order == order) {
            change(lot);
        }
    }
}

/// Returns the count of a month or week, and drops the oldest ones.
fn remembered<'a, K: Ord + Clone>(counts: &'a mut BTreeMap<K, Count>, key: &K) -> &'a mut Count {
    while counts.len() >= REMEMBERED && !counts.contains_key(key) {
        counts.pop_first();
    }
    counts.entry(key.clone()).or_default()
}

impl Claim {
    /// The pool from which the claim was taken; `None` on an unlimited plan.
    pub fn pool(&self) -> Option<Pool> {
        match self.clone() {
            Self::Unlimited => None,
            Self::Weekly { week } => Some(Pool::Weekly { week }),
            Self::Free { month } => Some(Pool::Free { month }),
            Self::Credit { order } => Some(Pool::Credits { order }),
        }
    }
}

impl Settled {
    /// Changes a pool and records the difference as a movement, if there is one.
    fn with(mut self, pool: Pool, cause: Cause, change: impl FnOnce(&mut Account)) -> Self {
        let before = self.account.left(&pool);
        change(&mut self.account);
        let left = self.account.left(&pool);
        if left != before {
            self.movements.push(Movement { change: i64::from(left) - i64::from(before), pool, cause, left });
        }
        self
    }

    /// Records the current grant of the claimed month or week.
    fn granting(self, claim: &Claim, allowed: u32) -> Self {
        let Some(pool) = claim.pool() else { return self };
        self.with(pool, Cause::Granted, |account| match claim {
            Claim::Weekly { week } => remembered(&mut account.weeks, week).granted = 1,
            Claim::Free { month } => remembered(&mut account.free, month).granted = allowed,
            Claim::Credit { .. } | Claim::Unlimited => {}
        })
    }

    /// Updates the number of used backups in the claimed pool.
    fn counting(self, claim: &Claim, cause: Cause, count: impl Fn(u32) -> u32) -> Self {
        let Some(pool) = claim.pool() else { return self };
        let change = |used: &mut u32| *used = count(*used);
        self.with(pool, cause, |account| match claim {
            Claim::Weekly { week } => change(&mut remembered(&mut account.weeks, week).used),
            Claim::Free { month } => change(&mut remembered(&mut account.free, month).used),
            Claim::Credit { order } => account.lot(*order, |lot| change(&mut lot.used)),
            Claim::Unlimited => {}
        })
    }
}

#[cfg(test)]
mod tests;
