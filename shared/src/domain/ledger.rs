//! The ledger: every change of the number of backups left, with its cause. The balance of a pool always equals the sum
//! of its entries, because [`super::allowance::Account`] computes both in one step and one transaction stores them. The
//! account drops the pools of past months and weeks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{BackupId, EventId, OrderId};
use super::period::{Month, Week};

/// A group of backups from which a run can claim one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pool {
    /// The free backups of a month.
    Free { month: Month },
    /// The one-time backups of an order.
    Credits { order: OrderId },
    /// A week of the weekly subscription.
    Weekly { week: Week },
}

/// Why a pool changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// A month or week began, or the plan's number changed. Recorded with the first use.
    Granted,
    /// One-time backups were paid for.
    Bought,
    /// A backup consumed it.
    Used { backup: BackupId },
    /// A backup failed and returned its claim.
    GivenBack { backup: BackupId },
    /// The payment was refunded.
    Refunded,
    /// The buyer's bank disputes the payment.
    Disputed,
    /// The dispute was decided in the service's favour.
    DisputeWon,
}

/// A change of one pool, before it is placed in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    pub pool: Pool,
    #[serde(flatten)]
    pub cause: Cause,
    /// Difference in the number of backups.
    pub change: i64,
    /// Number of backups left in the pool afterwards.
    pub left: u32,
}

/// A ledger entry: a movement with its time and event. Entries are immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The event that was stored in the same transaction.
    pub event: EventId,
    /// Position among that event's entries, from 0.
    pub number: u32,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub movement: Movement,
}

/// Numbers movements as the ledger entries of an event.
pub fn entries(movements: Vec<Movement>, event: EventId, at: DateTime<Utc>) -> impl Iterator<Item = LedgerEntry> {
    (0..).zip(movements).map(move |(number, movement)| LedgerEntry { event, number, at, movement })
}
