//! Which free backups an organisation has (R2), and what a run uses (R12).

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Free backups per calendar month, by plan name. `None` means without limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans(BTreeMap<String, Option<u32>>);

/// A plan list that cannot be read; the text names the entry at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plan entry {0:?}: write it as `Name=2` or `Name=unlimited`")]
pub struct InvalidPlans(String);

impl Default for Plans {
    /// As R2 has them, and `Own` without limit for those who host for themselves.
    fn default() -> Self {
        let counts = [("Free", 0), ("Standard", 2), ("Professional", 2), ("Enterprise", 2), ("Ultimate", 4)];
        let mut plans: BTreeMap<_, _> = counts.map(|(name, count)| (name.to_owned(), Some(count))).into();
        plans.insert("Own".to_owned(), None);
        Self(plans)
    }
}

impl Plans {
    /// Reads `Free=0,Standard=2,Own=unlimited`.
    pub fn parse(text: &str) -> Result<Self, InvalidPlans> {
        let mut plans = BTreeMap::new();
        for entry in text.split(',') {
            let invalid = || InvalidPlans(entry.to_owned());
            let (name, count) = entry.split_once('=').ok_or_else(invalid)?;
            let (name, count) = (name.trim(), count.trim());
            let count = if count == "unlimited" { None } else { Some(count.parse().map_err(|_| invalid())?) };
            if name.is_empty() || plans.insert(name.to_owned(), count).is_some() {
                return Err(invalid());
            }
        }
        Ok(Self(plans))
    }

    /// Gives the free backups per month of a plan: a count, or [`Free::Unlimited`]. An unknown plan has none.
    pub fn free(&self, plan: &str) -> Free {
        match self.0.get(plan) {
            Some(Some(count)) => Free::PerMonth(*count),
            Some(None) => Free::Unlimited,
            None => Free::PerMonth(0),
        }
    }
}

/// How many free backups a plan gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// So many per calendar month.
    PerMonth(u32),
    /// As many as wanted.
    Unlimited,
}

/// A calendar month in an organisation's zone, as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(String);

impl Month {
    /// Names the month in which an instant lies in that zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        Self(format!("{:04}-{:02}", local.year(), local.month()))
    }

    /// The name, for keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Free backups used in one month. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthUse {
    /// The month.
    pub month: Month,
    /// Free backups used.
    pub used: u32,
    /// Zero when the row does not exist yet.
    pub version: u64,
}

/// What a run was paid with; kept in the backup, so that a failure can give it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Claim {
    /// One of that month's free backups.
    Free {
        /// The month that it was taken from.
        month: Month,
    },
    /// Nothing: the plan has no limit.
    Unlimited,
}

/// No backup is left to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this month's {allowed} free backups are used")]
pub struct LimitReached {
    /// Free backups of the plan per month.
    pub allowed: u32,
}

impl MonthUse {
    /// Takes one free backup, or says that none is left. Unlimited plans take nothing.
    pub fn claim(self, free: Free) -> Result<(Claim, Option<Self>), LimitReached> {
        match free {
            Free::Unlimited => Ok((Claim::Unlimited, None)),
            Free::PerMonth(allowed) if self.used >= allowed => Err(LimitReached { allowed }),
            Free::PerMonth(_) => {
                let claim = Claim::Free { month: self.month.clone() };
                Ok((claim, Some(Self { used: self.used + 1, ..self })))
            }
        }
    }

    /// Gives one back.
    #[must_use]
    pub fn give_back(self) -> Self {
        Self { used: self.used.saturating_sub(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_counted_in_the_organisations_zone() {
        let at = DateTime::parse_from_rfc3339("2026-10-31T15:30:00Z").expect("valid").to_utc();
        assert_eq!(Month::of(at, Tz::Asia__Tokyo).as_str(), "2026-11");
        assert_eq!(Month::of(at, Tz::America__New_York).as_str(), "2026-10");
    }

    #[test]
    fn a_plan_gives_its_count_and_no_more() {
        let plans = Plans::parse("Free=0, Standard=2,Own=unlimited").expect("valid");
        let mut month = MonthUse { month: Month("2026-11".into()), used: 0, version: 0 };
        for _ in 0..2 {
            month = month.claim(plans.free("Standard")).expect("left").1.expect("counted");
        }
        assert_eq!(month.clone().claim(plans.free("Standard")), Err(LimitReached { allowed: 2 }));
        assert!(month.clone().give_back().claim(plans.free("Standard")).is_ok());
        assert_eq!(month.clone().claim(plans.free("Nobody")), Err(LimitReached { allowed: 0 }));
        assert_eq!(month.claim(plans.free("Own")), Ok((Claim::Unlimited, None)));
    }

    #[test]
    fn a_bad_plan_list_names_its_entry() {
        assert_eq!(Plans::parse("Free=0,Gold=many"), Err(InvalidPlans("Gold=many".into())));
        assert_eq!(Plans::parse("Free=0,Free=1"), Err(InvalidPlans("Free=1".into())));
    }
}
