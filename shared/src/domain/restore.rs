//! The lifecycle of a restore: its states and the transitions between them. A restore is planned first, confirmed by a person, and then
//! written (ADR 33).

mod changes;
mod files;
mod plan;
mod rule;
mod search;
mod step;

use std::ops::Not;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::connection::ConnectionRole;
use super::id::{BackupId, ConnectionId, OrgId, RestoreId};
use super::organisation::Person;
use super::run_length::RunLength;

pub use changes::{cancel_restore, complete_restore, confirm_restore, fail_restore, plan_restore, request_restore};
pub use files::FilePlanCounts;
pub use plan::{MAX_HINDRANCES, ModulePlan, PlanCounts, RestoreOutcome, RestorePlan, WrittenCounts};
pub use rule::{ModuleRule, PlannedAction, PlannedReason, RestorePolicy, rule_of};
pub use search::{MAX_FOUND, RestoreSearch};
pub use step::RestoreStep;

/// Maximum number of records that a person selects one by one.
pub const MAX_RECORDS: usize = 1_000;
/// Time after which work that has not begun is started again.
const START: TimeDelta = TimeDelta::minutes(3);

/// State of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RestoreStatus {
    /// The CRM is captured, and what is to be done is counted.
    Planning,
    /// It waits for a confirmation.
    Planned,
    /// Records are written.
    Running,
    /// All records were written, or are in the report with the reason why not.
    Completed,
    /// It ended early. What was written until then is in the report.
    Failed,
    /// An administrator cancelled it. What was written until then is in the report.
    Cancelled,
}

/// A record that a person has selected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SelectedRecord {
    /// API name of its module.
    pub module: String,
    pub id: String,
}

/// What is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RestoreSelection {
    /// All modules of the backup.
    Everything {},
    /// These modules, by API name.
    Modules {
        modules: Vec<String>,
    },
    Records {
        records: Vec<SelectedRecord>,
    },
    /// Records of the backup that a search finds.
    Search(RestoreSearch),
}

impl RestoreSelection {
    /// Whether records of a module are selected.
    pub fn has_module(&self, api_name: &str) -> bool {
        match self {
            Self::Everything {} => true,
            Self::Modules { modules } => modules.iter().any(|module| module == api_name),
            Self::Records { records } => records.iter().any(|record| record.module == api_name),
            Self::Search(search) => search.has_module(api_name),
        }
    }

    /// Whether single records are selected.
    pub fn is_of_records(&self) -> bool {
        matches!(self, Self::Records { .. } | Self::Search(_))
    }

    /// Without the words of a search.
    #[must_use]
    fn without_words(self) -> Self {
        match self {
            Self::Search(search) => Self::Search(RestoreSearch { words: None, ..search }),
            other => other,
        }
    }
}

/// One restore of an organisation. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    pub org: OrgId,
    pub id: RestoreId,
    pub requester: Person,
    pub status: RestoreStatus,
    /// The backup whose records are written. Of a restore that undoes another one, the backup of that one.
    pub backup: BackupId,
    /// When the state began that the CRM is to have.
    pub taken: DateTime<Utc>,
    /// Where it writes.
    #[serde(default, skip_serializing_if = "ConnectionRole::is_source")]
    pub target: ConnectionRole,
    /// The connection to which it writes.
    pub connection: ConnectionId,
    /// The restore that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RestoreId>,
    /// The restore that has undone this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<RestoreId>,
    pub selection: RestoreSelection,
    pub policy: RestorePolicy,
    /// Whether tables that the restore target lacks are made.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub create: bool,
    pub requested: DateTime<Utc>,
    pub planned: Option<DateTime<Utc>>,
    pub confirmed: Option<DateTime<Utc>>,
    /// Who has confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Person>,
    /// When the execution has begun that plans or writes it now; `None` before that.
    #[serde(default)]
    pub begun: Option<DateTime<Utc>>,
    /// When it was completed, failed or was cancelled.
    pub ended: Option<DateTime<Utc>>,
    /// While it is planned or runs: when it is failed if it has not ended.
    pub must_end: DateTime<Utc>,
    pub plan: Option<RestorePlan>,
    /// What became of records and files, once it has been completed.
    pub outcome: Option<RestoreOutcome>,
    pub failure: Option<Failure>,
    pub version: u64,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    pub org: OrgId,
    pub id: RestoreId,
    pub requester: Person,
    pub backup: BackupId,
    pub taken: DateTime<Utc>,
    pub target: ConnectionRole,
    pub connection: ConnectionId,
    pub undoes: Option<RestoreId>,
    pub selection: RestoreSelection,
    pub policy: RestorePolicy,
    /// Whether tables that the restore target lacks are made.
    pub create: bool,
}

/// A transition that the state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreTransitionError {
    #[error("the restore is {0:?}")]
    Status(RestoreStatus),
    /// The number of records to delete is another one.
    #[error("the plan deletes {0} records")]
    Deletes(u64),
    /// Something hinders writing.
    #[error("the source cannot be written as planned")]
    Hindered,
    /// There is nothing to write.
    #[error("the plan writes nothing")]
    Nothing,
}

impl Restore {
    /// Creates a restore whose plan is being made.
    pub fn requested(request: RestoreRequest, at: DateTime<Utc>, length: RunLength) -> Self {
        let RestoreRequest { org, id, requester, backup, taken, target, connection, undoes, selection, policy, create } = request;
        Self {
            org,
            id,
            requester,
            status: RestoreStatus::Planning,
            backup,
            taken,
            target,
            connection,
            undoes,
            undone_by: None,
            selection,
            policy,
            create,
            requested: at,
            planned: None,
            confirmed: None,
            confirmed_by: None,
            begun: None,
            ended: None,
            must_end: length.deadline(at),
            plan: None,
            outcome: None,
            failure: None,
            version: 0,
        }
    }

    /// Whether work on it is under way.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RestoreStatus::Planning | RestoreStatus::Running)
    }

    /// Whether work on it should have ended.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.is_active() && now >= self.must_end
    }

    /// When the sweep looks at it; `None` while no work is under way.
    pub fn next_check(&self) -> Option<DateTime<Utc>> {
        let start = || (self.confirmed.unwrap_or(self.requested) + START).min(self.must_end);
        self.is_active().then(|| if self.begun.is_some() { self.must_end } else { start() })
    }

    /// Records that an execution works on it.
    #[must_use]
    pub fn begin(self, at: DateTime<Utc>) -> Self {
        Self { begun: Some(at), ..self }
    }

    /// Whether what it has written can be undone: it was confirmed, works no more, and was not undone.
    pub fn can_be_undone(&self) -> bool {
        self.confirmed.is_some() && !self.is_active() && self.undone_by.is_none()
    }

    /// Stores the plan.
    pub fn plan(self, plan: RestorePlan, at: DateTime<Utc>) -> Result<Self, RestoreTransitionError> {
        self.require(RestoreStatus::Planning)?;
        let selection = self.selection.without_words();
        Ok(Self { status: RestoreStatus::Planned, planned: Some(at), plan: Some(plan), selection, ..self })
    }

    /// Confirms the plan. `deletes` is the number of deletions that the person has read.
    pub fn confirm(
        self,
        deletes: u64,
        by: &Person,
        at: DateTime<Utc>,
        length: RunLength,
    ) -> Result<Self, RestoreTransitionError> {
        self.require(RestoreStatus::Planned)?;
        let counts = self.plan.as_ref().map(RestorePlan::counts).unwrap_or_default();
        if self.plan.as_ref().is_some_and(RestorePlan::is_hindered) {
            return Err(RestoreTransitionError::Hindered);
        }
        if self.plan.as_ref().is_none_or(RestorePlan::does_nothing) {
            return Err(RestoreTransitionError::Nothing);
        }
        if counts.delete != deletes {
            return Err(RestoreTransitionError::Deletes(counts.delete));
        }
        let (status, must_end) = (RestoreStatus::Running, length.deadline(at));
        Ok(Self { status, confirmed: Some(at), confirmed_by: Some(by.clone()), begun: None, must_end, ..self })
    }

    /// Ends it with what became of records and files.
    pub fn complete(self, outcome: RestoreOutcome, at: DateTime<Utc>) -> Result<Self, RestoreTransitionError> {
        self.require(RestoreStatus::Running)?;
        Ok(Self { status: RestoreStatus::Completed, outcome: Some(outcome), ended: Some(at), ..self })
    }

    /// Ends it with a failure.
    pub fn fail(self, failure: Failure, at: DateTime<Utc>) -> Result<Self, RestoreTransitionError> {
        match self.status {
            RestoreStatus::Planning | RestoreStatus::Running => {
                let selection = self.selection.without_words();
                Ok(Self { status: RestoreStatus::Failed, failure: Some(failure), ended: Some(at), selection, ..self })
            }
            other => Err(RestoreTransitionError::Status(other)),
        }
    }

    /// Ends it as a person wishes.
    pub fn cancel(self, at: DateTime<Utc>) -> Result<Self, RestoreTransitionError> {
        match self.status {
            RestoreStatus::Planning | RestoreStatus::Planned | RestoreStatus::Running => {
                let selection = self.selection.without_words();
                Ok(Self { status: RestoreStatus::Cancelled, ended: Some(at), selection, ..self })
            }
            other => Err(RestoreTransitionError::Status(other)),
        }
    }

    fn require(&self, status: RestoreStatus) -> Result<(), RestoreTransitionError> {
        if self.status == status { Ok(()) } else { Err(RestoreTransitionError::Status(self.status)) }
    }
}

#[cfg(test)]
mod tests;
