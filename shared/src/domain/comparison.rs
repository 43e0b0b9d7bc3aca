//! The comparison of a backup with the previous one: its outcome, and the part of it that is kept with the backup.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::differences::{Counted, DifferenceTotals, Differences, ModuleDifferences, ModuleState};
use super::id::BackupId;
use super::unusual_loss::{LossRule, UnusualLoss};

/// Number of modules and of unusual losses that are kept with a backup. A DynamoDB item holds 400 KB.
const KEPT_MODULES: usize = 30;
const KEPT_LOSSES: usize = 20;
/// The same for an event, which each reader of the history gets.
const MODULES_OF_EVENT: usize = 10;

/// Why a backup was not compared with an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCompared {
    /// No backup was completed before it.
    First,
    /// The snapshot of the previous backup is not kept any more, or an older version of Hozon has made that backup.
    SnapshotGone,
    /// What is stored of one of both is damaged, or of a form that this version of Hozon does not read.
    Unreadable,
    /// It took too long.
    TooLong,
}

/// Outcome of a comparison with the previous backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Comparison {
    Compared(Differences),
    NotCompared { reason: NotCompared },
}

/// How many records and attachments of a module differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleCounts {
    pub api_name: String,
    pub label: String,
    pub state: ModuleState,
    /// Whether changed records are not counted, because the columns or the key differ.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
    pub rows: Counted,
    pub files: Counted,
}

impl From<&ModuleDifferences> for ModuleCounts {
    fn from(module: &ModuleDifferences) -> Self {
        Self {
            api_name: module.api_name.clone(),
            label: module.label.clone(),
            state: module.state,
            partly: module.partly.is_some(),
            rows: module.rows,
            files: module.files,
        }
    }
}

/// What differs since the previous backup, as it is kept with a backup and its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSummary {
    /// The previous backup; `None` if they were not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<BackupId>,
    /// Why they were not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<NotCompared>,
    #[serde(default)]
    pub totals: DifferenceTotals,
    /// The modules that differ most, in the order of the backup.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<ModuleCounts>,
    /// Number of modules that differ and are not among them.
    #[serde(default)]
    pub more_modules: u64,
    /// Unusual losses, the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusual: Vec<UnusualLoss>,
    /// Number of unusual losses that are not among them.
    #[serde(default)]
    pub more_unusual: u64,
}

impl ChangeSummary {
    /// Sums up a comparison. The rule says which losses are unusual.
    pub fn of(comparison: &Comparison, rule: LossRule) -> Self {
        let differences = match comparison {
            Comparison::Compared(differences) => differences,
            Comparison::NotCompared { reason } => return Self::not_compared(*reason),
        };
        let mut unusual = rule.unusual(differences);
        let more_unusual = unusual.len().saturating_sub(KEPT_LOSSES) as u64;
        unusual.truncate(KEPT_LOSSES);
        let differing = differences.modules.iter().filter(|module| module.state != ModuleState::Same);
        let (modules, more_modules) = most_differing(differing.map(ModuleCounts::from).collect(), KEPT_MODULES);
        let (since, totals) = (Some(differences.since), differences.totals);
        Self { since, not_compared: None, totals, modules, more_modules, unusual, more_unusual }
    }

    /// Says that a backup was not compared.
    fn not_compared(reason: NotCompared) -> Self {
        Self {
            since: None,
            not_compared: Some(reason),
            totals: DifferenceTotals::default(),
            modules: Vec::new(),
            more_modules: 0,
            unusual: Vec::new(),
            more_unusual: 0,
        }
    }

    /// Returns the shorter summary for an event.
    #[must_use]
    pub fn for_event(&self) -> Self {
        let (modules, more) = most_differing(self.modules.clone(), MODULES_OF_EVENT);
        Self { modules, more_modules: self.more_modules + more, ..self.clone() }
    }

    /// Number of unusual losses.
    pub fn unusual_count(&self) -> u64 {
        self.unusual.len() as u64 + self.more_unusual
    }
}

/// Returns the modules that differ most, in their order, and the number of the others.
fn most_differing(mut modules: Vec<ModuleCounts>, most: usize) -> (Vec<ModuleCounts>, u64) {
    let more = modules.len().saturating_sub(most) as u64;
    if more > 0 {
        let weight =
            |module: &ModuleCounts| (module.state == ModuleState::Gone, module.rows.differing() + module.files.differing());
        let mut order: Vec<usize> = (0..modules.len()).collect();
        order.sort_by_key(|at| Reverse(weight(&modules[*at])));
        let kept = &order[..most];
        let mut at = 0;
        modules.retain(|_| {
            at += 1;
            kept.contains(&(at - 1))
        });
    }
    (modules, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::differences::DifferenceExamples;

    fn module(number: u64, changed: u64) -> ModuleDifferences {
        let rows = Counted { before: 1_000, after: 1_000, changed, ..Counted::default() };
        let state = if changed == 0 { ModuleState::Same } else { ModuleState::Changed };
        let (api_name, label, examples) = (format!("Module{number}"), String::new(), DifferenceExamples::default());
        ModuleDifferences { api_name, label, state, partly: None, rows, files: Counted::default(), examples }
    }

    #[test]
    fn the_modules_that_differ_most_are_kept_in_their_order() {
        let modules = (0..100).map(|number| module(number, if number % 2 == 0 { number } else { 0 })).collect();
        let comparison = Comparison::Compared(Differences::new(BackupId(1), modules));
        let summary = ChangeSummary::of(&comparison, LossRule::default());
        let names: Vec<_> = summary.modules.iter().map(|module| module.api_name.clone()).collect();
        let expected: Vec<_> = (40..100).step_by(2).map(|number| format!("Module{number}")).collect();
        assert_eq!((names, summary.more_modules), (expected, 49 - 30));
        let event = summary.for_event();
        assert_eq!((event.modules.len(), event.more_modules, &event.modules[0].api_name[..]), (10, 39, "Module80"));
        assert_eq!((event.totals, event.since), (summary.totals, Some(BackupId(1))));
    }

    #[test]
    fn a_summary_with_thousands_of_losses_fits_its_item() {
        let lost = |number| ModuleDifferences {
            rows: Counted { before: u64::MAX / 100_000, deleted: u64::MAX / 100_000, ..Counted::default() },
            state: ModuleState::Gone,
            label: "あ".repeat(200),
            ..module(number, 1)
        };
        let comparison = Comparison::Compared(Differences::new(BackupId(1), (0..5_000).map(lost).collect()));
        let summary = ChangeSummary::of(&comparison, LossRule::default());
        assert_eq!((summary.unusual.len(), summary.unusual_count()), (20, 5_000));
        assert!(serde_json::to_vec(&summary).expect("JSON").len() < 60_000);
    }

    #[test]
    fn a_backup_that_was_not_compared_says_why() {
        let comparison = Comparison::NotCompared { reason: NotCompared::First };
        let summary = ChangeSummary::of(&comparison, LossRule::default());
        assert_eq!((summary.since, summary.not_compared), (None, Some(NotCompared::First)));
        let json = serde_json::to_value(&comparison).expect("JSON");
        assert_eq!(json, serde_json::json!({ "outcome": "not_compared", "reason": "first" }));
    }
}
