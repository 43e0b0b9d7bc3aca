//! A run that waits for the program beside the database, which captures in place of the service.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::Failure;

/// Longest time until a run looks again.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// Part of the time waited so far that a run waits before it looks again. Waits grow, so that the longest run stays far below the
/// 25,000 events of an execution (Step Functions developer guide, "Quotas").
const PART: u32 = 100;

/// What a run and the program have recorded of the capture that the run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedCapture {
    /// When the run began to wait.
    pub since: DateTime<Utc>,
    /// Why the program has given up; the run ends with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<Failure>,
}

impl AwaitedCapture {
    /// How long the run waits until it looks again, `first` at the beginning.
    pub fn wait(&self, first: Duration, now: DateTime<Utc>) -> Duration {
        let waited = (now - self.since).to_std().unwrap_or_default();
        (waited / PART).clamp(first, LONGEST_WAIT.max(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run_length::RunLength;

    /// Each look is a task, a choice and a wait, with at most this many events together.
    const EVENTS_PER_LOOK: usize = 9;

    #[test]
    fn the_longest_run_can_wait_to_its_end() {
        let awaited = AwaitedCapture { since: DateTime::UNIX_EPOCH, given_up: None };
        let end = awaited.since + Duration::from_secs(RunLength::MAX.seconds());
        let (mut now, mut looks) = (awaited.since, 0);
        while now < end {
            now += awaited.wait(Duration::from_secs(60), now);
            looks += 1;
        }
        assert!(looks * EVENTS_PER_LOOK < 20_000, "{looks}");
    }

    #[test]
    fn a_run_looks_often_at_first_and_at_least_every_half_hour() {
        let awaited = AwaitedCapture { since: DateTime::UNIX_EPOCH, given_up: None };
        let wait = |waited: u64| awaited.wait(Duration::from_secs(60), awaited.since + Duration::from_secs(waited)).as_secs();
        assert_eq!([0, 3_600, 36_000, 604_800].map(wait), [60, 60, 360, 1_800]);
    }
}
