//! Progress of a run, and an estimate of its remaining time.

use std::iter::Sum;
use std::ops::Add;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An amount of work: items (CSV files and batches of attachments), rows, and bytes read from the CRM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Work items.
    pub items: u64,
    /// CSV rows.
    pub rows: u64,
    /// Size of records and attachments in the source.
    pub bytes: u64,
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { items: self.items + other.items, rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }
}

/// How far a CRM has been read, before the work of archiving it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureProgress {
    /// Modules that are stored.
    pub modules: u64,
    /// Modules to store.
    pub total_modules: u64,
    /// Records that were read.
    pub rows: u64,
    /// Number of records by the source's own estimate; zero if it has none.
    pub expected_rows: u64,
}

impl Add for CaptureProgress {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            modules: self.modules + other.modules,
            total_modules: self.total_modules + other.total_modules,
            rows: self.rows + other.rows,
            expected_rows: self.expected_rows + other.expected_rows,
        }
    }
}

impl Sum for CaptureProgress {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

/// Estimates the remaining seconds from the rate so far; `None` if nothing is done yet.
pub fn seconds_left(done: Amount, total: Amount, started: DateTime<Utc>, now: DateTime<Utc>) -> Option<u64> {
    let elapsed = u64::try_from((now - started).num_milliseconds()).ok()?;
    if done.bytes == 0 || elapsed == 0 {
        return None;
    }
    let left = u128::from(total.bytes.saturating_sub(done.bytes));
    u64::try_from(left * u128::from(elapsed) / u128::from(done.bytes) / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_the_rate_so_far() {
        let started = DateTime::UNIX_EPOCH;
        let now = started + chrono::Duration::seconds(10);
        let total = Amount { items: 2, rows: 0, bytes: 400 };
        assert_eq!(seconds_left(Amount { bytes: 100, ..Amount::default() }, total, started, now), Some(30));
        assert_eq!(seconds_left(Amount::default(), total, started, now), None);
    }
}
