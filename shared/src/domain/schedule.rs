//! An organisation's schedule: set, changed, stopped; and what became of each of its occurrences.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::id::{BackupId, OrgId, ScheduleId};
use super::organisation::Person;
use super::recurrence::Recurrence;
use super::rule::Rule;

/// How late a trigger may be before the sweep starts a run in its place.
pub const GRACE: TimeDelta = TimeDelta::minutes(30);

/// Whether a schedule goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Runs are due.
    Scheduled,
    /// No run is due any more.
    Stopped,
}

/// One schedule. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The organisation.
    pub org: OrgId,
    /// Its id.
    pub id: ScheduleId,
    /// When runs are due.
    pub recurrence: Recurrence,
    /// Who set it, or changed it last.
    pub requester: Person,
    /// Whether it goes on.
    pub status: Status,
    /// When it was set.
    pub created: DateTime<Utc>,
    /// When it was stopped.
    pub stopped: Option<DateTime<Utc>>,
    /// Counts the times that it was given another rule.
    pub revision: u32,
    /// Its first occurrence that may still lack a record.
    pub due: DateTime<Utc>,
    /// Zero before it is stored.
    pub version: u64,
}

/// A schedule that has been stopped cannot change any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schedule has been stopped")]
pub struct Stopped;

impl Schedule {
    /// A schedule just set; its first run is the rule's next occurrence.
    pub fn set(org: OrgId, id: ScheduleId, recurrence: Recurrence, requester: Person, at: DateTime<Utc>) -> Self {
        let due = recurrence.next_after(at);
        Self {
            org,
            id,
            recurrence,
            requester,
            status: Status::Scheduled,
            created: at,
            stopped: None,
            revision: 0,
            due,
            version: 0,
        }
    }

    /// Gives it another rule, counted from its next occurrence.
    pub fn change(self, rule: Rule, zone: Tz, time: NaiveTime, by: Person, at: DateTime<Utc>) -> Result<Self, Stopped> {
        self.require_active()?;
        let recurrence = Recurrence::after(rule, zone, time, at);
        let due = recurrence.next_after(at);
        Ok(Self { recurrence, due, requester: by, revision: self.revision + 1, ..self })
    }

    /// Ends it.
    pub fn stop(self, at: DateTime<Utc>) -> Result<Self, Stopped> {
        self.require_active()?;
        Ok(Self { status: Status::Stopped, stopped: Some(at), ..self })
    }

    /// The occurrence that a trigger at this instant stands for; none when the schedule has been stopped, or the rule does not fall
    /// on it.
    pub fn occurrence_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.is_active().then(|| self.recurrence.occurrence_at(at)).flatten()
    }

    /// Notes that an occurrence has its record. One that comes out of order changes nothing; the sweep goes over it.
    #[must_use]
    pub fn recorded(self, occurrence: DateTime<Utc>) -> Self {
        if occurrence == self.due { Self { due: self.recurrence.next_after(occurrence), ..self } } else { self }
    }

    /// Occurrences whose trigger should have come that long ago, in order.
    pub fn overdue(&self, now: DateTime<Utc>, grace: TimeDelta) -> Vec<DateTime<Utc>> {
        if !self.is_active() {
            return Vec::new();
        }
        let from_due = self.recurrence.occurrences().skip_while(|occurrence| *occurrence < self.due);
        from_due.take_while(|occurrence| *occurrence + grace <= now).collect()
    }

    /// The next run.
    pub fn next_run(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.recurrence.next_after(now)
    }

    /// Whether it goes on.
    pub fn is_active(&self) -> bool {
        self.status == Status::Scheduled
    }

    fn require_active(&self) -> Result<(), Stopped> {
        if self.is_active() { Ok(()) } else { Err(Stopped) }
    }
}

/// The record of one occurrence. There is one at most, so that an occurrence has one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The schedule.
    pub schedule: ScheduleId,
    /// When the run was due.
    pub at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// This backup.
    Run {
        /// The backup.
        backup: BackupId,
    },
    /// Nothing was left to use.
    Skipped,
    /// The run failed before there was a backup.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// No trigger came in time, and a later occurrence stands for it.
    Missed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn weekly() -> Schedule {
        let (now, time) = (at("2026-11-24T00:00:00Z"), NaiveTime::from_hms_opt(4, 0, 0).expect("a time"));
        let rule = "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO".parse().expect("a rule");
        let person = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
        Schedule::set(OrgId(1), ScheduleId(2), Recurrence::after(rule, Tz::UTC, time, now), person, now)
    }

    #[test]
    fn records_in_order_move_on_what_is_due() {
        let schedule = weekly();
        assert_eq!(schedule.due, at("2026-11-30T04:00:00Z"));
        let schedule = schedule.recorded(at("2026-11-30T04:00:00Z"));
        assert_eq!(schedule.due, at("2026-12-07T04:00:00Z"));
        assert_eq!(schedule.clone().recorded(at("2026-12-14T04:00:00Z")), schedule, "out of order");
    }

    #[test]
    fn a_run_is_overdue_only_after_the_grace() {
        let schedule = weekly();
        assert!(schedule.overdue(at("2026-11-30T04:29:59Z"), GRACE).is_empty());
        assert_eq!(schedule.overdue(at("2026-11-30T04:30:00Z"), GRACE), [at("2026-11-30T04:00:00Z")]);
        assert_eq!(schedule.overdue(at("2026-12-08T00:00:00Z"), GRACE).len(), 2);
        assert!(
            schedule.stop(at("2026-11-25T00:00:00Z")).expect("goes on").overdue(at("2026-12-08T00:00:00Z"), GRACE).is_empty()
        );
    }

    #[test]
    fn what_is_stopped_stays_so() {
        let stopped = weekly().stop(at("2026-11-25T00:00:00Z")).expect("goes on");
        assert_eq!(stopped.clone().stop(at("2026-11-26T00:00:00Z")), Err(Stopped));
        assert_eq!(stopped.occurrence_at(at("2026-11-30T04:00:00Z")), None);
        assert_eq!(weekly().occurrence_at(at("2026-11-30T04:00:00Z")), Some(at("2026-11-30T04:00:00Z")));
        assert_eq!(weekly().occurrence_at(at("2026-12-01T04:00:00Z")), None);
    }
}
