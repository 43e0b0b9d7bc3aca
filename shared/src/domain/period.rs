//! Months and weeks in an organisation's time zone.

use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A calendar month in an organisation's time zone, for example `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub(super) String);

impl Month {
    /// Returns the month that contains an instant in the given zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        Self(format!("{:04}-{:02}", local.year(), local.month()))
    }
}

/// An ISO 8601 week in an organisation's time zone, for example `2026-W48`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub(super) String);

impl Week {
    /// Returns the week that contains an instant in the given zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let week = at.with_timezone(&zone).iso_week();
        Self(format!("{:04}-W{:02}", week.year(), week.week()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
