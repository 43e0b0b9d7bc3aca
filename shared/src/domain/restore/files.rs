//! What a restore does with attached files, and how many they are.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::rule::{ModuleRule, PlannedAction, PlannedReason};
use crate::domain::differences::DifferenceKind;

/// Numbers of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlanCounts {
    pub create: u64,
    pub change: u64,
    pub leave: u64,
    pub impossible: u64,
    /// Size in bytes of the files that are written.
    pub bytes: u64,
}

impl FilePlanCounts {
    /// Counts one file of that size.
    pub fn count(&mut self, action: PlannedAction, bytes: u64) {
        match action {
            PlannedAction::Create => self.create += 1,
            PlannedAction::Change => self.change += 1,
            PlannedAction::Impossible => self.impossible += 1,
            PlannedAction::Leave | PlannedAction::Delete => self.leave += 1,
        }
        if action.is_write() {
            self.bytes += bytes;
        }
    }

    /// Number of files that are written.
    pub fn writes(&self) -> u64 {
        self.create + self.change
    }
}

impl Add for FilePlanCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            change: self.change + other.change,
            leave: self.leave + other.leave,
            impossible: self.impossible + other.impossible,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl ModuleRule {
    /// Decides about a file of a record. `None` for one that only the CRM has: it stays, or goes with its row. Files of erased records are
    /// barred from being written.
    pub fn decide_file(&self, kind: DifferenceKind, is_erased: bool) -> Option<(PlannedAction, Option<PlannedReason>)> {
        let action = match kind {
            DifferenceKind::Added => PlannedAction::Create,
            DifferenceKind::Changed if self.policy.change => PlannedAction::Change,
            DifferenceKind::Changed => return Some((PlannedAction::Leave, Some(PlannedReason::Changed))),
            DifferenceKind::Deleted => return None,
        };
        let erased = is_erased.then_some(PlannedReason::Erased);
        Some(match self.obstacle.or(erased) {
            Some(reason) => (PlannedAction::Impossible, Some(reason)),
            None => (action, None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::restore::RestorePolicy;

    #[test]
    fn the_policy_decides_about_files_as_about_records_and_deletes_none() {
        use DifferenceKind::{Added, Changed, Deleted};
        let decide = |rule: &ModuleRule, is_erased| [Added, Changed, Deleted].map(|kind| rule.decide_file(kind, is_erased));
        let all = ModuleRule { policy: RestorePolicy { change: true, delete: true }, ..ModuleRule::default() };
        let (create, change) = (Some((PlannedAction::Create, None)), Some((PlannedAction::Change, None)));
        assert_eq!(decide(&all, false), [create, change, None]);
        let impossible = |reason| Some((PlannedAction::Impossible, Some(reason)));
        assert_eq!(decide(&all, true), [impossible(PlannedReason::Erased), impossible(PlannedReason::Erased), None]);
        let left = Some((PlannedAction::Leave, Some(PlannedReason::Changed)));
        assert_eq!(decide(&ModuleRule::default(), false), [create, left, None]);
        let gone = ModuleRule { obstacle: Some(PlannedReason::ModuleGone), ..all };
        assert_eq!(decide(&gone, true), [impossible(PlannedReason::ModuleGone), impossible(PlannedReason::ModuleGone), None]);
    }

    #[test]
    fn only_bytes_that_are_written_are_counted() {
        let mut counts = FilePlanCounts::default();
        let actions = [PlannedAction::Create, PlannedAction::Change, PlannedAction::Leave, PlannedAction::Impossible];
        actions.into_iter().zip([1, 20, 300, 4000]).for_each(|(action, bytes)| counts.count(action, bytes));
        assert_eq!(counts, FilePlanCounts { create: 1, change: 1, leave: 1, impossible: 1, bytes: 21 });
        assert_eq!((counts + counts).writes(), 4);
    }
}
