//! A manual clock, and ids that count up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::{Clock, Ids};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// Creates a clock that stands at a time.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Mutex::new(time))
    }

    /// Moves the clock to a time.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().expect("no panic while it is held") = time;
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("no panic while it is held") += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no panic while it is held")
    }
}

/// Ids that count up from a start value.
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
