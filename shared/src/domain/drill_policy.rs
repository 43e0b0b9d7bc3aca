//! Which backups are drilled by themselves.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A weekly drill follows the first backup that is completed so long after the last drill. A little less than a week, since runs begin and
/// last a little differently.
const WEEK: TimeDelta = TimeDelta::hours(7 * 24 - 12);

/// Which backups are drilled by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillPolicy {
    /// None.
    #[default]
    Off,
    /// Each.
    EachBackup,
    /// The first of a week.
    Weekly,
}

impl DrillPolicy {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::Off, Self::EachBackup, Self::Weekly];

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::EachBackup => "each_backup",
            Self::Weekly => "weekly",
        }
    }

    /// The policy of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// Whether a backup that is completed now is drilled. `last` is when the last drill was requested.
    pub fn is_due(self, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        match self {
            Self::Off => false,
            Self::EachBackup => true,
            Self::Weekly => last.is_none_or(|last| last + WEEK <= now),
        }
    }
}
