//! What an organisation may still use, and what a run uses of it (R2, R12): an active weekly subscription, this month's free backups, a
//! one-time backup, in this order. Everything is in one document, so that of any number of claims at once each is decided on what the
//! others have left.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{BackupId, OrderId, OrgId, SubscriptionId};
use super::ledger::{Cause, Movement, Pool};
use super::plan::FreeBackups;

/// Months and weeks that are remembered; a backup ends, and may give its use back, within about a day.
const REMEMBERED: usize = 3;

/// A calendar month in an organisation's zone, as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(String);

impl Month {
    /// Names the month in which an instant lies in that zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        Self(format!("{:04}-{:02}", local.year(), local.month()))
    }
}

/// A week of ISO 8601 in an organisation's zone, as `2026-W48`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(String);

impl Week {
    /// Names the week in which an instant lies in that zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let week = at.with_timezone(&zone).iso_week();
        Self(format!("{:04}-W{:02}", week.year(), week.week()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many were given, and how many of them are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Given.
    pub granted: u32,
    /// Used; never more than were given when they were used.
    pub used: u32,
}

impl Count {
    /// What is left.
    pub fn left(self) -> u32 {
        self.granted.saturating_sub(self.used)
    }
}

/// The one-time backups of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The order.
    pub order: OrderId,
    /// Bought.
    pub bought: u32,
    /// Used.
    pub used: u32,
    /// As many as the money that was paid back is worth.
    pub refunded: u32,
    /// Whether the buyer's bank holds the money.
    pub disputed: bool,
}

impl Lot {
    /// What is left. A refund takes nothing of what was used; what a failed backup gives back goes towards it first.
    pub fn left(&self) -> u32 {
        let withheld = if self.disputed { self.bought } else { self.refunded };
        self.bought.saturating_sub(self.used).saturating_sub(withheld)
    }
}

/// The weekly subscription's claim on backups: one in each week until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Runs due before this time are covered.
    pub until: DateTime<Utc>,
}

/// All that an organisation may use. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The organisation.
    pub org: OrgId,
    /// Free backups of the last months.
    pub free: BTreeMap<Month, Count>,
    /// One-time backups, oldest order first.
    pub lots: Vec<Lot>,
    /// The weekly subscription, while there is one.
    pub weekly: Option<Entitlement>,
    /// Its last weeks.
    pub weeks: BTreeMap<Week, Count>,
    /// Zero when nothing is stored yet.
    pub version: u64,
}

/// What a run was paid with; kept in the backup, so that a failure can give it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Claim {
    /// The weekly subscription's backup of a week.
    Weekly {
        /// The week.
        week: Week,
    },
    /// One of that month's free backups.
    Free {
        /// The month that it was taken from.
        month: Month,
    },
    /// A one-time backup.
    Credit {
        /// The order that it was bought with.
        order: OrderId,
    },
    /// Nothing: the plan has no limit.
    Unlimited,
}

/// The run that something is claimed for.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// The backup.
    pub backup: BackupId,
    /// What the plan gives.
    pub free: FreeBackups,
    /// When it is claimed; it counts in that month.
    pub now: DateTime<Utc>,
    /// When the run of a weekly schedule is due; none for any other run.
    pub weekly: Option<DateTime<Utc>>,
    /// The organisation's zone.
    pub zone: Tz,
}

/// An account after a change, with the movements that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The account.
    pub account: Account,
    /// The movements, in order.
    pub movements: Vec<Movement>,
}

/// No backup is left to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this month's {allowed} free backups are used, and nothing else is left")]
pub struct LimitReached {
    /// Free backups of the plan per month.
    pub allowed: u32,
}

impl Account {
    /// The account of an organisation that has used and bought nothing.
    pub fn new(org: OrgId) -> Self {
        Self { org, free: BTreeMap::new(), lots: Vec::new(), weekly: None, weeks: BTreeMap::new(), version: 0 }
    }

    /// Takes what a run uses, or says that nothing is left. A plan without limit takes nothing.
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

    /// Gives back what a backup used; `None` where it used nothing.
    pub fn give_back(self, claim: &Claim, backup: BackupId) -> Option<Settled> {
        let is_counted = *claim != Claim::Unlimited;
        is_counted.then(|| self.settled().counting(claim, Cause::GivenBack { backup }, |used| used.saturating_sub(1)))
    }

    /// Adds the one-time backups of an order; an order that has its own already changes nothing.
    pub fn buy(self, order: OrderId, bought: u32) -> Settled {
        let is_new = self.lots.iter().all(|lot| lot.order != order);
        self.settled().with(Pool::Credits { order }, Cause::Bought, |account| {
            if is_new && bought > 0 {
                account.lots.push(Lot { order, bought, used: 0, refunded: 0, disputed: false });
            }
        })
    }

    /// Takes back what is not used of an order, as far as its money was paid back: `refunded` backups in all.
    pub fn refund(self, order: OrderId, refunded: u32) -> Settled {
        self.settled().with(Pool::Credits { order }, Cause::Refunded, |account| {
            account.lot(order, |lot| lot.refunded = lot.refunded.max(refunded.min(lot.bought)));
        })
    }

    /// Withholds what is not used of an order while its money is disputed, and hands it out again when the dispute is won.
    pub fn dispute(self, order: OrderId, disputed: bool) -> Settled {
        let cause = if disputed { Cause::Disputed } else { Cause::DisputeWon };
        self.settled().with(Pool::Credits { order }, cause, |account| account.lot(order, |lot| lot.disputed = disputed))
    }

    /// The month's free backups that are left under a plan.
    pub fn free_left(&self, free: FreeBackups, month: &Month) -> u32 {
        match free {
            FreeBackups::Unlimited => u32::MAX,
            FreeBackups::PerMonth(count) => count.saturating_sub(self.free_used(month)),
        }
    }

    /// The month's free backups that are used.
    pub fn free_used(&self, month: &Month) -> u32 {
        self.free.get(month).map_or(0, |count| count.used)
    }

    /// The one-time backups that are left.
    pub fn credits_left(&self) -> u32 {
        self.lots.iter().map(Lot::left).fold(0, u32::saturating_add)
    }

    /// What is left of a pool.
    pub fn left(&self, pool: &Pool) -> u32 {
        match pool {
            Pool::Free { month } => self.free.get(month).copied().unwrap_or_default().left(),
            Pool::Weekly { week } => self.weeks.get(week).copied().unwrap_or_default().left(),
            Pool::Credits { order } => self.lots.iter().find(|lot| lot.order == *order).map_or(0, Lot::left),
        }
    }

    /// The week that the subscription covers a weekly schedule's run with, if it is not used yet.
    fn covered_week(&self, demand: &Demand) -> Option<Week> {
        let due = demand.weekly.filter(|due| self.weekly.as_ref().is_some_and(|weekly| *due < weekly.until))?;
        let week = Week::of(due, demand.zone);
        let is_used = self.weeks.get(&week).is_some_and(|count| count.used > 0);
        (!is_used).then_some(week)
    }

    fn settled(self) -> Settled {
        Settled { account: self, movements: Vec::new() }
    }

    fn lot(&mut self, order: OrderId, change: impl FnOnce(&mut Lot)) {
        if let Some(lot) = self.lots.iter_mut().find(|lot| lot.order == order) {
            change(lot);
        }
    }
}

/// The count of a month or week; the oldest are forgotten.
fn remembered<'a, K: Ord + Clone>(counts: &'a mut BTreeMap<K, Count>, key: &K) -> &'a mut Count {
    while counts.len() >= REMEMBERED && !counts.contains_key(key) {
        counts.pop_first();
    }
    counts.entry(key.clone()).or_default()
}

impl Claim {
    /// What it is taken from; `None` for a plan without limit.
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
    /// Changes a pool and notes by how much; nothing is noted where nothing changed.
    fn with(mut self, pool: Pool, cause: Cause, change: impl FnOnce(&mut Account)) -> Self {
        let before = self.account.left(&pool);
        change(&mut self.account);
        let left = self.account.left(&pool);
        if left != before {
            self.movements.push(Movement { change: i64::from(left) - i64::from(before), pool, cause, left });
        }
        self
    }

    /// Notes how many the month or week that is claimed of gives now.
    fn granting(self, claim: &Claim, allowed: u32) -> Self {
        let Some(pool) = claim.pool() else { return self };
        self.with(pool, Cause::Granted, |account| match claim {
            Claim::Weekly { week } => remembered(&mut account.weeks, week).granted = 1,
            Claim::Free { month } => remembered(&mut account.free, month).granted = allowed,
            Claim::Credit { .. } | Claim::Unlimited => {}
        })
    }

    /// Counts what is used of that which is claimed.
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
