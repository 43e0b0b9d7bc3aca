//! Zips that are made anew: an erasure has deleted those of a backup that may have had a record, and they are made again of what is captured
//! now. The backup keeps its status, and its links end when they would have ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::id::ErasureId;
use super::organisation::Person;

/// State of the zips that are made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemakeStatus {
    /// The first zips are deleted, and the new ones are not complete.
    Running,
    /// The new zips can be downloaded.
    Completed,
    /// There are no zips any more.
    Failed,
}

impl RemakeStatus {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Running, Self::Completed, Self::Failed];
}

/// What is known of zips that are made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remake {
    /// The erasure that has deleted the first zips.
    pub erasure: ErasureId,
    pub status: RemakeStatus,
    /// Who has requested the erasure.
    pub requester: Person,
    /// When the first zips were deleted.
    pub since: DateTime<Utc>,
    /// When the sweep gives up; `None` until its execution has begun.
    pub must_end: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// Why there are no zips any more.
    pub failure: Option<Failure>,
}

impl Remake {
    /// Returns whether it is not ended although its execution has ended by now.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.must_end.is_some_and(|at| at <= now)
    }

    /// When the sweep looks at it: at once until its execution has begun, and then at its end. `None` once it has ended.
    pub fn next_check(&self) -> Option<DateTime<Utc>> {
        (self.status == RemakeStatus::Running).then(|| self.must_end.unwrap_or(self.since))
    }
}
