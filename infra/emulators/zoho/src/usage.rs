//! Calls and credits, by kind of call.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

/// What was called, by kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Usage {
    /// Calls that were answered, errors included.
    pub calls: BTreeMap<String, u64>,
    pub credits: BTreeMap<String, u64>,
    /// Calls that a limit or a fault refused.
    pub refused: BTreeMap<String, u64>,
}

impl Usage {
    pub fn total_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    pub fn total_credits(&self) -> u64 {
        self.credits.values().sum()
    }
}

/// The credits of a rolling day.
#[derive(Debug, Default)]
pub struct Meter {
    pub usage: Usage,
    spent: VecDeque<(DateTime<Utc>, u64)>,
}

impl Meter {
    /// Credits spent within the last 24 hours.
    pub fn spent(&mut self, now: DateTime<Utc>) -> u64 {
        while self.spent.front().is_some_and(|(at, _)| now - *at >= Duration::hours(24)) {
            self.spent.pop_front();
        }
        self.spent.iter().map(|(_, credits)| credits).sum()
    }

    /// Spends credits for a call.
    pub fn spend(&mut self, kind: &str, credits: u64, now: DateTime<Utc>) {
        *self.usage.calls.entry(kind.to_owned()).or_default() += 1;
        self.charge(kind, credits, now);
    }

    /// Charges credits without counting a call.
    pub fn charge(&mut self, kind: &str, credits: u64, now: DateTime<Utc>) {
        *self.usage.credits.entry(kind.to_owned()).or_default() += credits;
        // One entry a minute is exact enough, and few.
        match self.spent.back_mut() {
            Some((at, spent)) if now - *at < Duration::minutes(1) => *spent += credits,
            _ => self.spent.push_back((now, credits)),
        }
    }

    pub fn refuse(&mut self, kind: &str) {
        *self.usage.refused.entry(kind.to_owned()).or_default() += 1;
    }
}
