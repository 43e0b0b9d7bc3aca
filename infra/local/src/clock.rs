//! A clock that begins at a chosen time and goes at a chosen speed, to see a year of schedules in minutes.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::Clock;

/// A clock of its own.
#[derive(Debug, Clone, Copy)]
pub struct FastClock {
    from: DateTime<Utc>,
    since: Instant,
    speed: f64,
}

impl FastClock {
    /// Begins now at that time; `speed` of its seconds pass in one of the wall's.
    pub fn starting(from: DateTime<Utc>, speed: f64) -> Self {
        Self { from, since: Instant::now(), speed }
    }
}

impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        let passed = self.since.elapsed().as_secs_f64() * self.speed;
        self.from + TimeDelta::milliseconds((passed * 1000.0) as i64)
    }
}
