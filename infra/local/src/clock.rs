//! A clock with a chosen start and speed, for seeing a year of schedules in minutes.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::Clock;
use tokio::sync::watch;

/// Maximum speed while a run is in progress. The service ends a run that lasts longer than 25 hours; at full speed,
/// that would be less than a second for a healthy run.
const SPEED_OF_RUNS: f64 = 100.0;

/// A clock with its own time and speed.
#[derive(Debug, Clone)]
pub struct FastClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    from: DateTime<Utc>,
    since: Instant,
    speed: f64,
    is_slow: bool,
}

impl FastClock {
    /// Starts the clock at a time; `speed` of its seconds pass per real second.
    pub fn starting(from: DateTime<Utc>, speed: f64) -> Self {
        Self(Arc::new(Mutex::new(State { from, since: Instant::now(), speed, is_slow: false })))
    }

    /// Slows the clock down while runs are in progress, until their counter is dropped.
    pub async fn follow(self, mut running: watch::Receiver<usize>) {
        loop {
            let is_running = *running.borrow_and_update() > 0;
            self.slow_down(is_running);
            if running.changed().await.is_err() {
                return;
            }
        }
    }

    fn slow_down(&self, is_slow: bool) {
        let mut state = self.lock();
        (state.from, state.since) = (state.now(), Instant::now());
        state.is_slow = is_slow;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

impl State {
    fn now(&self) -> DateTime<Utc> {
        let speed = if self.is_slow { self.speed.min(SPEED_OF_RUNS) } else { self.speed };
        let passed = self.since.elapsed().as_secs_f64() * speed;
        self.from + TimeDelta::milliseconds((passed * 1000.0) as i64)
    }
}

impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_does_not_pass_while_a_run_is_under_way() {
        let from: DateTime<Utc> = "2027-01-01T00:00:00Z".parse().expect("a time");
        let clock = FastClock::starting(from, 1_000_000.0);
        clock.slow_down(true);
        let begun = clock.now();
        let wall = Instant::now();
        while wall.elapsed().as_millis() < 100 {
            assert!(clock.now() - begun < TimeDelta::hours(1), "a tenth of a second is a day at full speed");
        }
        clock.slow_down(false);
        let ended = clock.now();
        assert!(ended >= begun, "it never goes back");
        while clock.now() - ended < TimeDelta::days(1) {}
    }
}
