//! Drills: a backup is restored into a database that is there for nothing else, read again, and compared. The result stands beside the
//! backup (ADR 34).

mod changes;
mod result;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::id::{BackupId, ConnectionId, DrillId, OrgId};
use super::organisation::Person;
use super::run_length::RunLength;

pub use changes::{cancel_drill, complete_drill, end_cancelled_drill, fail_drill, request_drill};
pub use result::{DrillFault, DrillTotals, DrilledModule};

/// Time after which a drill that has not begun is started again.
const START: TimeDelta = TimeDelta::minutes(3);

/// State of a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DrillStatus {
    /// The backup is being restored, or compared.
    Running,
    /// What was restored is the same as the backup.
    Same,
    /// What was restored differs from the backup.
    Differs,
    /// It ended early, so that it says nothing about the backup.
    Failed,
    /// An administrator cancelled it, so that it says nothing about the backup.
    Cancelled,
}

impl DrillStatus {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Running, Self::Same, Self::Differs, Self::Failed, Self::Cancelled];

    /// Name of the event that a drill has come into the state.
    pub fn event(self) -> &'static str {
        match self {
            Self::Running => "drill_started",
            Self::Same => "drill_same",
            Self::Differs => "drill_differs",
            Self::Failed => "drill_failed",
            Self::Cancelled => "drill_cancelled",
        }
    }
}

/// One drill of an organisation. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    pub org: OrgId,
    pub id: DrillId,
    /// Who has requested it; of one that follows a backup by itself, who has requested the backup.
    pub requester: Person,
    /// Whether it has followed its backup by itself.
    pub is_automatic: bool,
    pub status: DrillStatus,
    pub backup: BackupId,
    /// When the state began that the backup shows.
    pub taken: DateTime<Utc>,
    /// The restore target into which it restores.
    pub target: ConnectionId,
    pub requested: DateTime<Utc>,
    /// When its execution has begun.
    pub begun: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    /// When it is failed if it has not ended.
    pub must_end: DateTime<Utc>,
    /// What was compared; `None` until then.
    pub totals: Option<DrillTotals>,
    pub failure: Option<Failure>,
    /// Who has cancelled it. It goes on until its execution notices that, so that no other drill fills the restore target meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<Person>,
    pub version: u64,
}

/// What is known of the drill of a backup, beside the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDrill {
    pub id: DrillId,
    pub status: DrillStatus,
    pub requested: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    pub totals: Option<DrillTotals>,
    pub failure: Option<Failure>,
}

impl From<&Drill> for BackupDrill {
    fn from(Drill { id, status, requested, ended, totals, failure, .. }: &Drill) -> Self {
        let (id, status, requested, ended) = (*id, *status, *requested, *ended);
        Self { id, status, requested, ended, totals: *totals, failure: failure.clone() }
    }
}

/// What a drill is requested for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillRequest {
    pub org: OrgId,
    pub id: DrillId,
    pub requester: Person,
    pub is_automatic: bool,
    pub backup: BackupId,
    pub taken: DateTime<Utc>,
    pub target: ConnectionId,
}

/// Error returned when a drill has ended already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the drill is {0:?}")]
pub struct DrillEnded(pub DrillStatus);

impl Drill {
    /// Creates a drill that was just requested.
    pub fn requested(request: DrillRequest, at: DateTime<Utc>, length: RunLength) -> Self {
        let DrillRequest { org, id, requester, is_automatic, backup, taken, target } = request;
        Self {
            org,
            id,
            requester,
            is_automatic,
            status: DrillStatus::Running,
            backup,
            taken,
            target,
            requested: at,
            begun: None,
            ended: None,
            must_end: length.deadline(at),
            totals: None,
            failure: None,
            cancelled_by: None,
            version: 0,
        }
    }

    /// Whether it works.
    pub fn is_active(&self) -> bool {
        self.status == DrillStatus::Running
    }

    /// Whether it should have ended.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.is_active() && now >= self.must_end
    }

    /// Whether it works, and is to end as soon as its execution notices that.
    pub fn is_cancelling(&self) -> bool {
        self.is_active() && self.cancelled_by.is_some()
    }

    /// When the sweep looks at it: it starts drills that follow backups by themselves, and others whose start was lost. `None` once it has
    /// ended.
    pub fn next_check(&self) -> Option<DateTime<Utc>> {
        let start = if self.is_automatic { self.requested } else { self.requested + START };
        self.is_active().then(|| if self.begun.is_some() { self.must_end } else { start.min(self.must_end) })
    }

    /// Records that an execution works on it.
    #[must_use]
    pub fn begin(self, at: DateTime<Utc>) -> Self {
        Self { begun: Some(at), ..self }
    }

    /// Ends it with what was compared.
    pub fn complete(self, totals: DrillTotals, at: DateTime<Utc>) -> Result<Self, DrillEnded> {
        let status = if totals.is_same() { DrillStatus::Same } else { DrillStatus::Differs };
        self.end(Self { status, totals: Some(totals), ended: Some(at), ..self.clone() })
    }

    /// Ends it with a failure.
    pub fn fail(self, failure: Failure, at: DateTime<Utc>) -> Result<Self, DrillEnded> {
        self.end(Self { status: DrillStatus::Failed, failure: Some(failure), ended: Some(at), ..self.clone() })
    }

    /// Has it end, as a person wishes. One that has not begun ends at once; the execution of another one ends it.
    pub fn cancel(self, by: &Person, at: DateTime<Utc>) -> Result<Self, DrillEnded> {
        let cancelled_by = Some(self.cancelled_by.clone().unwrap_or_else(|| by.clone()));
        let cancelled = self.end(Self { cancelled_by, ..self.clone() })?;
        if cancelled.begun.is_some() { Ok(cancelled) } else { cancelled.end_cancelled(at) }
    }

    /// Ends it after it was cancelled.
    pub fn end_cancelled(self, at: DateTime<Utc>) -> Result<Self, DrillEnded> {
        self.end(Self { status: DrillStatus::Cancelled, ended: Some(at), ..self.clone() })
    }

    fn end(&self, ended: Self) -> Result<Self, DrillEnded> {
        if self.is_active() { Ok(ended) } else { Err(DrillEnded(self.status)) }
    }
}

#[cfg(test)]
mod tests;
