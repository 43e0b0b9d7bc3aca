//! A clock that tests set, and ids that count.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::{Clock, Ids};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// Stands at that time.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Mutex::new(time))
    }

    /// Moves on to that time.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().expect("no panic while it is held") = time;
    }

    /// Moves on.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("no panic while it is held") += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no panic while it is held")
    }
}

/// Ids that count up from a start.
#[derive(Debug)]
pub struct CountingIds(AtomicU64);

impl Default for CountingIds {
    fn default() -> Self {
        Self(AtomicU64::new(4_876_876_000_000_000_000))
    }
}

impl Ids for CountingIds {
    fn next(&self, _: DateTime<Utc>) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
