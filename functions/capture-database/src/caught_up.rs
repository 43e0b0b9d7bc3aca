//! How far a run is that reads again what has changed in its source meanwhile.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Passes over all modules. A CRM that changes without a break is as it was in the last of them.
const MAX_PASSES: u32 = 4;

/// How far the catch-up of a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CatchUp {
    pass: u32,
    /// Index of the module that is next in the pass.
    pub next: usize,
    /// Whether a module has changed in this pass.
    has_changed: bool,
    /// For each module, until when changes are contained.
    pub until: Vec<DateTime<Utc>>,
}

impl CatchUp {
    /// Begins the first pass.
    pub(crate) fn begin(modules: usize, read_from: DateTime<Utc>) -> Self {
        Self { pass: 1, next: 0, has_changed: false, until: vec![read_from; modules] }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.next >= self.until.len()
    }

    /// Goes on behind a module, and begins another pass where one is due.
    pub(crate) fn advance(mut self, until: Option<DateTime<Utc>>, has_changed: bool) -> Self {
        if let Some(until) = until {
            self.until[self.next] = until;
        }
        self.has_changed |= has_changed;
        self.next += 1;
        if self.is_over() && self.has_changed && self.pass < MAX_PASSES {
            return Self { pass: self.pass + 1, next: 0, has_changed: false, until: self.until };
        }
        self
    }

    /// Until when changes of every module are contained.
    pub(crate) fn read_until(&self) -> Option<DateTime<Utc>> {
        self.until.iter().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_end_when_nothing_changes_or_after_the_last() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let begun = CatchUp::begin(2, at(0));
        let still = begun.clone().advance(Some(at(5)), false).advance(None, false);
        assert_eq!((still.is_over(), still.pass, still.read_until()), (true, 1, Some(at(0))));
        let mut restless = begun;
        for pass in 1..=MAX_PASSES {
            assert_eq!((restless.pass, restless.is_over()), (pass, false));
            let now = at(i64::from(pass));
            restless = restless.advance(Some(now), true).advance(Some(now), false);
        }
        assert_eq!((restless.is_over(), restless.read_until()), (true, Some(at(i64::from(MAX_PASSES)))));
    }
}
