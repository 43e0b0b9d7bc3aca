//! Rules of how long snapshots are kept.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::BackupId;
use super::run_length::RunLength;

/// Maximum number of days of [`RetentionRule::Days`].
pub const MAX_DAYS: u32 = 36_500;
/// Maximum numbers of days, weeks and months of [`RetentionRule::Generations`]: ten years each.
pub const MAX_GENERATIONS: [u32; 3] = [3_650, 520, 120];

/// Which snapshots of an organisation are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum RetentionRule {
    /// Those that were taken within so many days.
    Days { days: u32 },
    /// The snapshot of the newest backup of each of the last days, ISO weeks and months, today's included, in the organisation's time zone. A
    /// snapshot that is no backup's stays only while a run may read it.
    Generations { daily: u32, weekly: u32, monthly: u32 },
}

impl RetentionRule {
    /// Returns whether all numbers are in range, and something is kept.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Days { days } => (1..=MAX_DAYS).contains(&days),
            Self::Generations { daily, weekly, monthly } => {
                let numbers = [daily, weekly, monthly];
                numbers.iter().any(|number| *number > 0)
                    && numbers.iter().zip(MAX_GENERATIONS).all(|(number, most)| *number <= most)
            }
        }
    }
}

/// Which snapshots a sweep keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    pub rule: RetentionRule,
    /// Zone of the organisation's days, weeks and months.
    pub zone: Tz,
    /// Backups whose snapshots stay whatever the rule says.
    pub holds: BTreeSet<BackupId>,
    /// How long a run may last. A snapshot stays as long after a newer one, whatever its age, because a run may be reading it.
    pub run: RunLength,
}

/// A snapshot, about which a rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenSnapshot {
    pub taken: DateTime<Utc>,
    /// The backup whose snapshot it is.
    pub backup: Option<BackupId>,
}

impl Retention {
    /// All snapshots are kept. A sweep deletes only what no snapshot needs, such as what an import that failed has written.
    pub const EVERYTHING: Self =
        Self { rule: RetentionRule::Days { days: MAX_DAYS }, zone: Tz::UTC, holds: BTreeSet::new(), run: RunLength::MAX };

    /// Decides which snapshots are kept, in the given order, which is oldest first. A snapshot that is kept was kept at any earlier time.
    pub fn kept(&self, snapshots: &[TakenSnapshot], now: DateTime<Utc>) -> Vec<bool> {
        let ruled = match self.rule {
            RetentionRule::Days { days } => {
                let since = now - TimeDelta::days(days.into());
                snapshots.iter().map(|snapshot| snapshot.taken > since).collect()
            }
            RetentionRule::Generations { daily, weekly, monthly } => self.generations(snapshots, [daily, weekly, monthly], now),
        };
        let decide = |(at, is_ruled): (usize, bool)| {
            let may_be_read = snapshots.get(at + 1).is_none_or(|newer| newer.taken > now - self.run.kept());
            is_ruled || may_be_read || snapshots[at].backup.is_some_and(|backup| self.holds.contains(&backup))
        };
        ruled.into_iter().enumerate().map(decide).collect()
    }

    /// The newest backup of each period.
    fn generations(&self, snapshots: &[TakenSnapshot], counts: [u32; 3], now: DateTime<Utc>) -> Vec<bool> {
        let day_of = |time: DateTime<Utc>| time.with_timezone(&self.zone).date_naive();
        let today = day_of(now);
        let mut filled: HashSet<(usize, i64)> = HashSet::new();
        let mut kept = vec![false; snapshots.len()];
        for (at, snapshot) in snapshots.iter().enumerate().rev() {
            if snapshot.backup.is_none() {
                continue;
            }
            for (kind, (age, count)) in ages(day_of(snapshot.taken), today).into_iter().zip(counts).enumerate() {
                // Nothing is older than the last period, and what a clock that was wrong has dated after today belongs to today.
                if age.max(0) < i64::from(count) && filled.insert((kind, age.max(0))) {
                    kept[at] = true;
                }
            }
        }
        kept
    }
}

/// Age of a day in days, ISO weeks and months.
fn ages(day: NaiveDate, today: NaiveDate) -> [i64; 3] {
    let monday = |day: NaiveDate| day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day);
    let month = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    [(today - day).num_days(), (monday(today) - monday(day)).num_days() / 7, month(today) - month(day)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GFS: RetentionRule = RetentionRule::Generations { daily: 7, weekly: 4, monthly: 12 };

    fn retention(rule: RetentionRule) -> Retention {
        Retention { rule, zone: Tz::Asia__Tokyo, holds: BTreeSet::new(), run: RunLength::days(1) }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// A backup at 04:00 in Tokyo on each day until then.
    fn daily(days: i64, last: DateTime<Utc>) -> Vec<TakenSnapshot> {
        (0..days)
            .rev()
            .map(|ago| TakenSnapshot { taken: last - TimeDelta::days(ago), backup: Some(BackupId(ago.unsigned_abs())) })
            .collect()
    }

    fn kept_ages(retention: &Retention, snapshots: &[TakenSnapshot], now: DateTime<Utc>) -> Vec<u64> {
        let kept = retention.kept(snapshots, now);
        let ages = snapshots.iter().zip(kept).filter(|(_, kept)| *kept).map(|(snapshot, _)| snapshot.backup.expect("a backup").0);
        ages.collect()
    }

    #[test]
    fn generations_are_the_newest_of_each_day_week_and_month() {
        // A Friday.
        let last = at("2026-11-26T19:00:00Z");
        let kept = kept_ages(&retention(GFS), &daily(400, last), last + TimeDelta::hours(1));
        // Seven days, the Sundays of three weeks before, and the last days of eleven months before.
        assert_eq!(kept, [331, 300, 272, 241, 211, 180, 150, 119, 88, 58, 27, 19, 12, 6, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn days_begin_in_the_organisations_zone() {
        // In Tokyo both are of the 27th, in UTC of two days.
        let snapshots = [("2026-11-26T15:30:00Z", 1), ("2026-11-27T10:00:00Z", 2), ("2026-11-29T10:00:00Z", 3)]
            .map(|(time, backup)| TakenSnapshot { taken: at(time), backup: Some(BackupId(backup)) });
        let rule = RetentionRule::Generations { daily: 30, weekly: 0, monthly: 0 };
        let now = at("2026-12-10T00:00:00Z");
        assert_eq!(kept_ages(&retention(rule), &snapshots, now), [2, 3]);
        assert_eq!(kept_ages(&Retention { zone: Tz::UTC, ..retention(rule) }, &snapshots, now), [1, 2, 3]);
    }

    #[test]
    fn a_hold_keeps_a_snapshot_whatever_its_age() {
        let last = at("2026-11-26T19:00:00Z");
        let snapshots = daily(400, last);
        let held = Retention { holds: [BackupId(399), BackupId(200)].into(), ..retention(RetentionRule::Days { days: 2 }) };
        // The third one is what a run of a day may be reading.
        assert_eq!(kept_ages(&held, &snapshots, last), [399, 200, 2, 1, 0]);
    }

    #[test]
    fn what_a_run_may_be_reading_and_the_newest_one_stay() {
        let last = at("2026-11-26T19:00:00Z");
        let now = last + TimeDelta::days(900);
        assert_eq!(kept_ages(&retention(GFS), &daily(3, last), now), [0], "the newest one");
        let long = Retention { run: RunLength::days(7), ..retention(RetentionRule::Days { days: 1 }) };
        assert_eq!(kept_ages(&long, &daily(30, last), last), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_rule_keeps_something_and_not_for_ever() {
        let generations = |daily, weekly, monthly| RetentionRule::Generations { daily, weekly, monthly };
        for good in [RetentionRule::Days { days: 1 }, RetentionRule::Days { days: MAX_DAYS }, generations(0, 0, 1), GFS] {
            assert!(good.is_valid(), "{good:?}");
        }
        let bad = [RetentionRule::Days { days: 0 }, RetentionRule::Days { days: MAX_DAYS + 1 }, generations(0, 0, 0)];
        for bad in bad.into_iter().chain([generations(3_651, 0, 0), generations(1, 521, 0), generations(1, 0, 121)]) {
            assert!(!bad.is_valid(), "{bad:?}");
        }
    }

    fn rule() -> impl Strategy<Value = RetentionRule> {
        let generations = (0u32..10, 0u32..6, 0u32..6);
        prop_oneof![
            (1u32..60).prop_map(|days| RetentionRule::Days { days }),
            generations.prop_map(|(daily, weekly, monthly)| RetentionRule::Generations { daily, weekly, monthly }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_kept_later_is_kept_earlier(
            rule in rule(), hours in prop::collection::vec((0i64..24 * 200, any::<bool>()), 1..40), seen in 0i64..24 * 200, later in 0i64..24 * 60,
        ) {
            let begin = at("2026-01-01T00:00:00Z");
            let mut snapshots: Vec<_> = hours.iter().enumerate().map(|(id, (hours, is_backup))| TakenSnapshot {
                taken: begin + TimeDelta::hours(*hours),
                backup: is_backup.then_some(BackupId(id as u64)),
            }).collect();
            snapshots.sort_by_key(|snapshot| snapshot.taken);
            let now = begin + TimeDelta::hours(seen);
            let there: Vec<_> = snapshots.iter().copied().filter(|snapshot| snapshot.taken <= now).collect();
            let then = now + TimeDelta::hours(later);
            let known: Vec<_> = snapshots.iter().copied().filter(|snapshot| snapshot.taken <= then).collect();
            let retention = retention(rule);
            let (earlier, later) = (retention.kept(&there, now), retention.kept(&known, then));
            for (at, was_kept) in earlier.iter().enumerate() {
                prop_assert!(*was_kept || !later[at], "{:?}", there[at]);
            }
        }
    }
}
