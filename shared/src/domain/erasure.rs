//! Erasures: records are erased from everything that is kept of backups. What is left is a signed statement, and for each record a keyed
//! hash, by which restores know it.

mod erased;
mod step;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::id::{BackupId, ErasureId, OrgId};
use super::organisation::Person;

pub use erased::{Erased, ErasedHash, ErasureKey};
pub use step::ErasureStep;

/// Maximum number of records of one erasure.
pub const MAX_RECORDS: usize = 10_000;
/// Number of records that are named as examples.
pub const MAX_EXAMPLES: usize = 10;
/// How long an execution may work without saying so before another one takes its place. A call lasts 15 minutes at most.
const SILENT: TimeDelta = TimeDelta::minutes(20);
/// Time until another attempt while a backup is being made.
const BUSY: TimeDelta = TimeDelta::minutes(2);
/// Time between two attempts of a pending erasure.
const RETRY: TimeDelta = TimeDelta::days(1);

/// State of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErasureStatus {
    /// It looks for the records in everything that is kept.
    Preparing,
    /// It is known what would be erased. A person decides.
    Planned,
    Running,
    /// A hold or a lock forbids it for now. It is tried again each day.
    Pending,
    Completed,
    Failed,
    Cancelled,
}

/// What happens to zips that may have one of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZipChoice {
    /// They are deleted.
    Drop,
    /// They are deleted, and made anew of what is captured, as long as their links work.
    Remake,
}

impl ZipChoice {
    pub const ALL: [Self; 2] = [Self::Drop, Self::Remake];

    /// Returns the choice by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "drop" => Some(Self::Drop),
            "remake" => Some(Self::Remake),
            _ => None,
        }
    }
}

/// What forbids an erasure for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingFor {
    /// A legal hold on a backup that has one of the records.
    Hold,
    /// Object Lock on a zip.
    ObjectLock,
}

impl PendingFor {
    pub const ALL: [Self; 2] = [Self::Hold, Self::ObjectLock];
}

/// Why an erasure waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    pub reason: PendingFor,
    /// When it ends; `None` for a hold, which a person lifts.
    pub until: Option<DateTime<Utc>>,
}

/// A record to erase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// API name of the module.
    pub module: String,
    /// Id of the record; where nothing identifies the rows of the module, the hash of the row.
    pub id: String,
}

/// The records of one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedModule {
    pub api_name: String,
    pub label: String,
    /// Number of records.
    pub records: u64,
}

/// What is kept of the records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Number of records that were found.
    pub records: u64,
    pub modules: Vec<ErasedModule>,
    /// Some of the records; none once they are erased.
    pub examples: Vec<RecordRef>,
    /// Number of backups of which the captured data has one of the records.
    pub snapshots: u64,
    /// Number of zips that may have one.
    pub zips: u64,
}

/// One erasure. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub org: OrgId,
    pub id: ErasureId,
    pub status: ErasureStatus,
    pub zips: ZipChoice,
    pub requester: Person,
    pub requested: DateTime<Utc>,
    /// Number of executions so far, which names the next one.
    pub attempt: u32,
    /// When another execution is started, if nothing happens until then.
    pub check: DateTime<Utc>,
    /// `None` until it is planned.
    pub extent: Option<Extent>,
    /// Backups of which zips may have one of the records. Never forgotten, because what is erased is not found again.
    #[serde(default)]
    pub backups: Vec<BackupId>,
    /// The newest backup when the captured data was about to be changed.
    #[serde(default)]
    pub newest: Option<BackupId>,
    /// Why it is pending.
    pub obstacle: Option<Obstacle>,
    /// Number of the signed statement.
    pub statement: Option<u64>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    pub failure: Option<Failure>,
    /// Zero before it is first stored.
    pub version: u64,
}

/// Error returned when the current status does not allow a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an erasure in status {0:?} does not allow this change")]
pub struct ErasureTransitionError(pub ErasureStatus);

type Transition = Result<Erasure, ErasureTransitionError>;

impl Erasure {
    /// Creates an erasure that was just requested.
    pub fn requested((org, id): (OrgId, ErasureId), requester: Person, zips: ZipChoice, at: DateTime<Utc>) -> Self {
        Self {
            org,
            id,
            status: ErasureStatus::Preparing,
            zips,
            requester,
            requested: at,
            attempt: 1,
            check: at + SILENT,
            extent: None,
            backups: Vec::new(),
            newest: None,
            obstacle: None,
            statement: None,
            ended: None,
            failure: None,
            version: 0,
        }
    }

    /// Name of the execution that works on it.
    pub fn execution(&self) -> String {
        format!("erase-{}-{}-{}", self.org, self.id, self.attempt)
    }

    /// Whether an execution works on it, or will.
    pub fn is_open(&self) -> bool {
        matches!(self.status, ErasureStatus::Preparing | ErasureStatus::Running | ErasureStatus::Pending)
    }

    /// When the sweep looks at it; `None` while nothing is to be done.
    pub fn next_check(&self) -> Option<DateTime<Utc>> {
        self.is_open().then_some(self.check)
    }

    /// Records that an execution works on it.
    #[must_use]
    pub fn seen(self, at: DateTime<Utc>) -> Self {
        Self { check: at + SILENT, ..self }
    }

    /// Records that the execution has ended, and that another one is to try in some minutes.
    #[must_use]
    pub fn later(self, at: DateTime<Utc>) -> Self {
        Self { check: at + BUSY, ..self }
    }

    /// Begins another attempt.
    #[must_use]
    pub fn again(self, at: DateTime<Utc>) -> Self {
        Self { attempt: self.attempt + 1, ..self.seen(at) }
    }

    /// Records what was found.
    pub fn plan(self, extent: Extent, backups: Vec<BackupId>) -> Transition {
        self.require(&[ErasureStatus::Preparing])?;
        Ok(Self { status: ErasureStatus::Planned, extent: Some(extent), backups, ..self })
    }

    /// Number of records that a confirmation has to name.
    pub fn planned_records(&self) -> u64 {
        self.extent.as_ref().map_or(0, |extent| extent.records)
    }

    /// Confirms it.
    pub fn confirm(self, at: DateTime<Utc>) -> Transition {
        self.require(&[ErasureStatus::Planned])?;
        Ok(Self { status: ErasureStatus::Running, ..self.again(at) })
    }

    /// Cancels it.
    pub fn cancel(self, at: DateTime<Utc>) -> Transition {
        self.require(&[ErasureStatus::Preparing, ErasureStatus::Planned])?;
        Ok(Self { status: ErasureStatus::Cancelled, ..self.end(at) })
    }

    /// Waits for the end of an obstacle. Whether it is a new one is for the history.
    pub fn wait(self, obstacle: Obstacle, at: DateTime<Utc>) -> Transition {
        self.require(&[ErasureStatus::Running, ErasureStatus::Pending])?;
        let tomorrow = at + RETRY;
        let check = obstacle.until.map_or(tomorrow, |until| until.clamp(at, tomorrow));
        Ok(Self { status: ErasureStatus::Pending, obstacle: Some(obstacle), check, ..self })
    }

    /// Completes it with its statement.
    pub fn complete(self, statement: u64, at: DateTime<Utc>) -> Transition {
        self.require(&[ErasureStatus::Running, ErasureStatus::Pending])?;
        Ok(Self { status: ErasureStatus::Completed, obstacle: None, statement: Some(statement), ..self.end(at) })
    }

    /// Fails it.
    pub fn fail(self, failure: Failure, at: DateTime<Utc>) -> Transition {
        self.require(&[ErasureStatus::Preparing, ErasureStatus::Running, ErasureStatus::Pending])?;
        Ok(Self { status: ErasureStatus::Failed, failure: Some(failure), obstacle: None, ..self.end(at) })
    }

    /// Ends it: the records are not named any more.
    fn end(mut self, at: DateTime<Utc>) -> Self {
        if let Some(extent) = &mut self.extent {
            extent.examples.clear();
        }
        Self { ended: Some(at), ..self }
    }

    fn require(&self, allowed: &[ErasureStatus]) -> Result<(), ErasureTransitionError> {
        if allowed.contains(&self.status) { Ok(()) } else { Err(ErasureTransitionError(self.status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn requested() -> Erasure {
        let requester = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
        Erasure::requested((OrgId(1), ErasureId(2)), requester, ZipChoice::Drop, at(0))
    }

    fn planned() -> Erasure {
        let examples = vec![RecordRef { module: "Leads".to_owned(), id: "42".to_owned() }];
        requested().plan(Extent { records: 1, examples, ..Extent::default() }, vec![BackupId(3)]).expect("planned")
    }

    #[test]
    fn a_person_decides_between_the_plan_and_the_erasure() {
        assert!(requested().confirm(at(1)).is_err(), "not before the plan");
        let running = planned().confirm(at(1)).expect("confirmed");
        assert_eq!(running.execution(), "erase-1-2-2");
        assert!(running.clone().cancel(at(2)).is_err(), "too late");
        let completed = running.complete(7, at(2)).expect("completed");
        assert_eq!((completed.statement, completed.next_check()), (Some(7), None));
        assert!(completed.fail(Failure::silent(), at(3)).is_err());
    }

    #[test]
    fn whatever_ends_it_the_records_are_not_named_any_more() {
        let running = planned().confirm(at(1)).expect("confirmed");
        let ends = [planned().cancel(at(1)), running.clone().complete(7, at(2)), running.fail(Failure::silent(), at(2))];
        for ended in ends.map(|end| end.expect("ends")) {
            let extent = ended.extent.expect("an extent");
            assert!(extent.examples.is_empty() && extent.records == 1, "{:?}", ended.status);
        }
    }

    #[test]
    fn a_pending_one_is_tried_again_each_day_and_when_its_obstacle_ends() {
        let running = planned().confirm(at(0)).expect("confirmed");
        for (until, check) in [(None, 24), (Some(at(5)), 5), (Some(at(100)), 24), (Some(at(-3)), 0)] {
            let obstacle = Obstacle { reason: PendingFor::Hold, until };
            let pending = running.clone().wait(obstacle, at(0)).expect("pending");
            assert_eq!(pending.next_check(), Some(at(check)), "{until:?}");
            pending.clone().complete(1, at(9)).expect("completes");
            assert_eq!(pending.clone().again(at(1)).attempt, pending.attempt + 1);
        }
    }
}
