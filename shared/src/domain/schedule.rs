//! An organisation's schedule, and the outcome of each of its occurrences.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::id::{BackupId, OrgId, ScheduleId};
use super::organisation::Person;
use super::recurrence::Recurrence;
use super::rule::Rule;

/// How late a trigger may be before the sweep starts the run instead.
pub const GRACE: TimeDelta = TimeDelta::minutes(30);

/// State of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScheduleStatus {
    Scheduled,
    Stopped,
}

/// A backup schedule. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub org: OrgId,
    pub id: ScheduleId,
    pub recurrence: Recurrence,
    /// The person who created or last changed it.
    pub requester: Person,
    pub status: ScheduleStatus,
    pub created: DateTime<Utc>,
    pub stopped: Option<DateTime<Utc>>,
    /// Number of rule changes.
    pub revision: u32,
    /// The earliest occurrence without a recorded outcome.
    pub due: DateTime<Utc>,
    /// Zero before the schedule is first stored.
    pub version: u64,
}

/// Error returned when a stopped schedule would have to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schedule has been stopped")]
pub struct Stopped;

impl Schedule {
    /// Creates a schedule. Its first run is the next occurrence of the rule.
    pub fn set(org: OrgId, id: ScheduleId, recurrence: Recurrence, requester: Person, at: DateTime<Utc>) -> Self {
        let due = recurrence.next_after(at);
        Self {
            org,
            id,
            recurrence,
            requester,
            status: ScheduleStatus::Scheduled,
            created: at,
            stopped: None,
            revision: 0,
            due,
            version: 0,
        }
    }

    /// Replaces the rule. Occurrences are counted anew from the next one.
    pub fn change(self, rule: Rule, zone: Tz, time: NaiveTime, by: Person, at: DateTime<Utc>) -> Result<Self, Stopped> {
        self.require_active()?;
        let recurrence = Recurrence::after(rule, zone, time, at);
        let due = recurrence.next_after(at);
        Ok(Self { recurrence, due, requester: by, revision: self.revision + 1, ..self })
    }

    /// Stops the schedule.
    pub fn stop(self, at: DateTime<Utc>) -> Result<Self, Stopped> {
        self.require_active()?;
        Ok(Self { status: ScheduleStatus::Stopped, stopped: Some(at), ..self })
    }

    /// Returns the occurrence for which a trigger fired at `at`; `None` if the schedule is stopped or the rule does not
    /// match.
    pub fn occurrence_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.is_active().then(|| self.recurrence.occurrence_at(at)).flatten()
    }

    /// Notes that an occurrence has an outcome. An occurrence recorded out of order changes nothing; the sweep skips it
    /// later.
    #[must_use]
    pub fn recorded(self, occurrence: DateTime<Utc>) -> Self {
        if occurrence == self.due { Self { due: self.recurrence.next_after(occurrence), ..self } } else { self }
    }

    /// Returns the occurrences whose trigger is late by at least `grace`, in order of time.
    pub fn overdue(&self, now: DateTime<Utc>, grace: TimeDelta) -> Vec<DateTime<Utc>> {
        if !self.is_active() {
            return Vec::new();
        }
        let from_due = self.recurrence.occurrences().skip_while(|occurrence| *occurrence < self.due);
        from_due.take_while(|occurrence| *occurrence + grace <= now).collect()
    }

    /// Returns the next run after `now`.
    pub fn next_run(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.recurrence.next_after(now)
    }

    pub fn is_active(&self) -> bool {
        self.status == ScheduleStatus::Scheduled
    }

    fn require_active(&self) -> Result<(), Stopped> {
        if self.is_active() { Ok(()) } else { Err(Stopped) }
    }
}

/// Outcome of one occurrence. At most one exists per occurrence, so an occurrence never has two outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    pub schedule: ScheduleId,
    /// When the run was due.
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
}

/// What happened at an occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A backup was started.
    Run { backup: BackupId },
    /// No backup was left to use.
    Skipped,
    /// Another backup was in progress.
    Overlapped { running: BackupId },
    /// The run failed before its backup was created.
    Failed { failure: Failure },
    /// No trigger came in time, and a later occurrence replaced it.
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
    fn recorded_occurrences_advance_the_due_time() {
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
    fn a_stopped_schedule_stays_stopped() {
        let stopped = weekly().stop(at("2026-11-25T00:00:00Z")).expect("goes on");
        assert_eq!(stopped.clone().stop(at("2026-11-26T00:00:00Z")), Err(Stopped));
        assert_eq!(stopped.occurrence_at(at("2026-11-30T04:00:00Z")), None);
        assert_eq!(weekly().occurrence_at(at("2026-11-30T04:00:00Z")), Some(at("2026-11-30T04:00:00Z")));
        assert_eq!(weekly().occurrence_at(at("2026-12-01T04:00:00Z")), None);
    }
}
