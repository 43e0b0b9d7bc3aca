//! How far a run is that reads again what has changed in its source meanwhile.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Passes over all modules. A CRM that changes without a break is as it was in the last of them.
const MAX_PASSES: u32 = 4;

/// Passes in a row in which a module is at rest and the source counts other records, until that is no coincidence: a record that came
/// between its changes and the count is a change in the next pass.
const MISCOUNTS: u32 = 2;

/// How a pass finds a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    AsItWas,
    Changed,
    /// It has not changed, but the source counts another number of records.
    Miscounted,
}

impl Found {
    pub(crate) fn of(has_changed: bool, is_miscounted: bool) -> Self {
        match (has_changed, is_miscounted) {
            (true, _) => Self::Changed,
            (false, true) => Self::Miscounted,
            (false, false) => Self::AsItWas,
        }
    }
}

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
    /// For each module, the number of passes in a row that found it miscounted.
    #[serde(default)]
    miscounts: Vec<u32>,
}

impl CatchUp {
    /// Begins the first pass.
    pub(crate) fn begin(modules: usize, read_from: DateTime<Utc>) -> Self {
        Self { pass: 1, next: 0, has_changed: false, until: vec![read_from; modules], miscounts: vec![0; modules] }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.next >= self.until.len()
    }

    /// Goes on behind a module, and begins another pass where one is due.
    pub(crate) fn advance(mut self, until: Option<DateTime<Utc>>, found: Found) -> Self {
        if let Some(until) = until {
            self.until[self.next] = until;
        }
        // What an earlier build has stored does not have it.
        self.miscounts.resize(self.until.len(), 0);
        self.miscounts[self.next] = if found == Found::Miscounted { self.miscounts[self.next] + 1 } else { 0 };
        self.has_changed |= found != Found::AsItWas;
        self.next += 1;
        if self.is_over() && self.has_changed && self.pass < MAX_PASSES {
            return Self { pass: self.pass + 1, next: 0, has_changed: false, ..self };
        }
        self
    }

    /// Indexes of the modules of which the source counts other records than it gives.
    pub(crate) fn miscounted(&self) -> impl Iterator<Item = usize> {
        self.miscounts.iter().enumerate().filter(|(_, passes)| **passes >= MISCOUNTS).map(|(index, _)| index)
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
        let still = begun.clone().advance(Some(at(5)), Found::AsItWas).advance(None, Found::AsItWas);
        assert_eq!((still.is_over(), still.pass, still.read_until()), (true, 1, Some(at(0))));
        let mut restless = begun;
        for pass in 1..=MAX_PASSES {
            assert_eq!((restless.pass, restless.is_over()), (pass, false));
            let now = at(i64::from(pass));
            restless = restless.advance(Some(now), Found::Changed).advance(Some(now), Found::AsItWas);
        }
        assert_eq!((restless.is_over(), restless.read_until()), (true, Some(at(i64::from(MAX_PASSES)))));
    }

    #[test]
    fn a_module_at_rest_that_the_source_counts_otherwise_is_named_and_a_record_in_between_is_not() {
        let now = DateTime::from_timestamp(1, 0);
        let passes = |found: &[Found]| {
            let begun = CatchUp::begin(1, DateTime::from_timestamp(0, 0).expect("a time"));
            let ended = found.iter().fold(begun, |progress, found| progress.advance(now, *found));
            assert!(ended.is_over());
            ended.miscounted().collect::<Vec<_>>()
        };
        let (rest, changed, miscounted) = (Found::AsItWas, Found::Changed, Found::Miscounted);
        assert_eq!(passes(&[miscounted, changed, rest]), Vec::<usize>::new());
        assert_eq!(passes(&[changed, miscounted, changed, miscounted]), Vec::<usize>::new());
        assert_eq!(passes(&[changed, miscounted, miscounted, miscounted]), [0]);
    }
}
