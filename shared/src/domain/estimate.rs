//! Estimates the duration of the next backup from earlier ones.

use super::backup::{Backup, BackupStatus};

/// Number of earlier backups that an estimate uses. Older ones say little about today's data.
pub const SAMPLES: usize = 5;

/// Estimates the duration of the next backup in seconds, from earlier backups, newest first. Assumes the size of the
/// newest completed backup and the median speed of the last [`SAMPLES`]. `None` before the first completed backup.
pub fn estimated_seconds(backups: &[Backup]) -> Option<u64> {
    let samples: Vec<Sample> = backups.iter().filter_map(Sample::of).take(SAMPLES).collect();
    let size = samples.first()?.bytes;
    let mut estimates: Vec<u128> = samples.iter().map(|sample| sample.scaled_to(size)).collect();
    estimates.sort_unstable();
    // With an even count, take the shorter of the two middle values: a small backup is slow for its size, which would
    // inflate the estimate for a large one.
    let median = estimates[(estimates.len() - 1) / 2];
    u64::try_from(median.div_ceil(1000).max(1)).ok()
}

struct Sample {
    bytes: u64,
    millis: u64,
}

impl Sample {
    fn of(backup: &Backup) -> Option<Self> {
        let took = backup.finished? - backup.started?;
        let bytes = backup.total.filter(|_| backup.status == BackupStatus::Completed)?.bytes;
        Some(Self { bytes, millis: u64::try_from(took.num_milliseconds()).ok()? })
    }

    fn scaled_to(&self, bytes: u64) -> u128 {
        match self.bytes {
            0 => u128::from(self.millis),
            own => u128::from(self.millis) * u128::from(bytes) / u128::from(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allowance::Claim;
    use crate::domain::backup::{Failure, MadeZips};
    use crate::domain::id::{BackupId, OrgId, UserId};
    use crate::domain::organisation::Person;
    use crate::domain::progress::Amount;
    use chrono::{DateTime, TimeDelta};

    fn begun(bytes: u64) -> Backup {
        let person = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
        let asked = Backup::requested(OrgId(1), BackupId(1), person, Claim::Unlimited, DateTime::UNIX_EPOCH);
        // The minute of waiting before the run begins does not count.
        let begun = asked.begin(DateTime::UNIX_EPOCH + TimeDelta::minutes(1)).expect("begins");
        begun.plan(Amount { items: 1, rows: 0, bytes }).expect("is planned")
    }

    fn completed(bytes: u64, seconds: i64) -> Backup {
        let begun = begun(bytes);
        let finished = begun.started.expect("has begun") + TimeDelta::seconds(seconds);
        begun.complete(MadeZips::default(), finished).expect("completes")
    }

    #[test]
    fn nothing_is_estimated_before_a_backup_is_completed() {
        let failed = begun(100).fail(Failure::silent(), DateTime::UNIX_EPOCH + TimeDelta::hours(2)).expect("fails");
        assert_eq!(estimated_seconds(&[]), None);
        assert_eq!(estimated_seconds(&[begun(100), failed]), None);
    }

    #[test]
    fn one_backup_takes_as_long_again_once_there_is_one() {
        assert_eq!(estimated_seconds(&[begun(900), completed(100, 30)]), Some(30));
        assert_eq!(estimated_seconds(&[completed(0, 0)]), Some(1), "never nothing");
        assert_eq!(estimated_seconds(&[completed(0, 7), completed(0, 9)]), Some(7));
    }

    #[test]
    fn data_that_has_grown_takes_longer_at_the_same_speed() {
        assert_eq!(estimated_seconds(&[completed(300, 60), completed(200, 60), completed(100, 30)]), Some(90));
    }

    #[test]
    fn one_slow_run_does_not_change_the_estimate() {
        assert_eq!(estimated_seconds(&[completed(100, 9000), completed(100, 30), completed(100, 32)]), Some(32));
        assert_eq!(estimated_seconds(&[completed(1_000_000, 60), completed(1, 2)]), Some(60), "a tiny one is slow for its size");
    }

    #[test]
    fn only_the_latest_backups_count() {
        let long_ago = std::iter::repeat_n(completed(100, 1), 20);
        let backups: Vec<_> = std::iter::repeat_n(completed(100, 40), SAMPLES).chain(long_ago).collect();
        assert_eq!(estimated_seconds(&backups), Some(40));
    }
}
