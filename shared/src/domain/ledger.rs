//! The ledger: every change of how many backups are left of what, and why. What is left of a pool is the sum of its entries, always:
//! [`super::allowance::Account`] makes both in one step, and they are stored in one transaction. What is left of a month or week that is
//! over is nobody's, and the account forgets it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::allowance::{Month, Week};
use super::id::{BackupId, EventId, OrderId};

/// What backups are taken from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pool {
    /// The free backups of a month.
    Free {
        /// The month.
        month: Month,
    },
    /// The one-time backups of an order.
    Credits {
        /// The order.
        order: OrderId,
    },
    /// A week of the weekly subscription.
    Weekly {
        /// The week.
        week: Week,
    },
}

/// Why a pool changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// A month or week began, or the plan gives another number now; noted with the first use.
    Granted,
    /// One-time backups were paid for.
    Bought,
    /// A backup was made.
    Used {
        /// The backup.
        backup: BackupId,
    },
    /// A backup failed.
    GivenBack {
        /// The backup.
        backup: BackupId,
    },
    /// The money was paid back.
    Refunded,
    /// The buyer's bank holds the money.
    Disputed,
    /// It does not any more.
    DisputeWon,
}

/// One change of a pool, before it has its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// What of.
    pub pool: Pool,
    /// Why.
    #[serde(flatten)]
    pub cause: Cause,
    /// How many backups more, or fewer.
    pub change: i64,
    /// How many are left of the pool.
    pub left: u32,
}

/// An entry: a movement, when, and by which event. Entries are never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The event that was stored with it.
    pub event: EventId,
    /// Its number among that event's entries, from 0.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub movement: Movement,
}

/// Gives movements their places behind an event.
pub fn entries(movements: Vec<Movement>, event: EventId, at: DateTime<Utc>) -> impl Iterator<Item = Entry> {
    (0..).zip(movements).map(move |(number, movement)| Entry { event, number, at, movement })
}
