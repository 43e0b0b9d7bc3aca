//! How long a run may last. The state machine's timeout, the sweep, and the place that a running backup takes follow it.

use chrono::{DateTime, Duration, Utc};

/// Time between the end of an execution and the time at which its backup is treated as failed. An execution may begin
/// some minutes after its backup was requested.
const MARGIN: Duration = Duration::hours(1);

/// The longest time that a run may take, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLength(u16);

impl RunLength {
    /// The limit of the setting.
    pub const MAX: Self = Self(30);

    /// Creates a length of that many days, at least one and at most [`Self::MAX`].
    pub fn days(days: u64) -> Self {
        Self(u16::try_from(days).unwrap_or(u16::MAX).clamp(1, Self::MAX.0))
    }

    /// Timeout of the state machine in seconds.
    pub fn seconds(self) -> u64 {
        u64::from(self.0) * 86_400
    }

    /// Returns when the sweep fails a backup that was requested at that time and has not ended. Its execution has ended by then.
    pub fn deadline(self, requested: DateTime<Utc>) -> DateTime<Utc> {
        requested + self.kept()
    }

    /// How long the work objects of a run are kept if the run does not delete them itself.
    pub fn kept(self) -> Duration {
        Duration::days(self.0.into()) + MARGIN
    }
}

impl Default for RunLength {
    fn default() -> Self {
        Self(7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_given_up_after_its_execution_has_ended() {
        let requested: DateTime<Utc> = "2026-11-30T04:00:00Z".parse().expect("a time");
        let length = RunLength::default();
        let execution_ends = requested + Duration::seconds(length.seconds().try_into().expect("a number"));
        assert_eq!(length.deadline(requested) - execution_ends, MARGIN);
        assert_eq!(length.seconds(), 604_800);
    }

    #[test]
    fn a_run_lasts_at_least_a_day_and_at_most_a_month() {
        assert_eq!(RunLength::days(0), RunLength::days(1));
        assert_eq!(RunLength::days(u64::MAX), RunLength::MAX);
    }
}
