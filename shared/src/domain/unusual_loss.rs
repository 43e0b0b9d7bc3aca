//! Which differences between two backups are an unusual loss, of which administrators are warned.

use serde::{Deserialize, Serialize};

use super::differences::{Counted, Differences, ModuleDifferences, ModuleState};

/// Percentage of a module above which a loss is unusual, unless the organisation has set another one.
pub const DEFAULT_LOSS_PERCENT: u8 = 10;

/// When an organisation is warned of a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LossRule {
    /// Percentage of a module's records, or of its attachments, above which their loss is unusual: 0 to 100. With 0 any
    /// loss is, with 100 none.
    pub percent: u8,
    /// Whether a module that is gone is an unusual loss.
    pub modules: bool,
    /// Whether attachments are looked at.
    pub attachments: bool,
}

impl Default for LossRule {
    fn default() -> Self {
        Self { percent: DEFAULT_LOSS_PERCENT, modules: true, attachments: true }
    }
}

/// What was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// The module is gone, with all its records.
    Module,
    Records,
    Attachments,
}

/// An unusual loss of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusualLoss {
    pub kind: LossKind,
    /// The module's API name.
    pub module: String,
    /// Name of the module as shown to users.
    pub label: String,
    /// Number of records or attachments that are gone.
    pub lost: u64,
    /// Number of records or attachments that there were.
    pub of: u64,
}

impl UnusualLoss {
    /// The loss in percent, rounded down; at least 1, because something is lost. A module that is gone is lost as a whole.
    pub fn percent(&self) -> u64 {
        if self.kind == LossKind::Module {
            return 100;
        }
        let percent = u128::from(self.lost) * 100 / u128::from(self.of.max(1));
        u64::try_from(percent).unwrap_or(100).clamp(1, 100)
    }
}

impl LossRule {
    /// Lists the unusual losses among the differences, in the order of the modules.
    pub fn unusual(&self, differences: &Differences) -> Vec<UnusualLoss> {
        differences.modules.iter().flat_map(|module| self.of_module(module)).collect()
    }

    fn of_module(&self, module: &ModuleDifferences) -> Vec<UnusualLoss> {
        let loss = |kind, lost, counted: &Counted| UnusualLoss {
            kind,
            module: module.api_name.clone(),
            label: module.label.clone(),
            lost,
            of: counted.before,
        };
        let mut losses = Vec::new();
        if module.state == ModuleState::Gone {
            losses.extend(self.modules.then(|| loss(LossKind::Module, module.rows.before, &module.rows)));
            return losses;
        }
        let (rows, files) = (module.lost_rows(), module.files.deleted);
        losses.extend(self.is_unusual(rows, module.rows.before).then(|| loss(LossKind::Records, rows, &module.rows)));
        let are_files_lost = self.attachments && self.is_unusual(files, module.files.before);
        losses.extend(are_files_lost.then(|| loss(LossKind::Attachments, files, &module.files)));
        losses
    }

    fn is_unusual(&self, lost: u64, of: u64) -> bool {
        u128::from(lost) * 100 > u128::from(of) * u128::from(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::differences::{DifferenceExamples, PartlyCompared};
    use crate::domain::id::BackupId;

    fn module(state: ModuleState, before: u64, deleted: u64) -> ModuleDifferences {
        let rows = Counted { before, after: before - deleted, deleted, ..Counted::default() };
        let (api_name, label) = ("Leads".to_owned(), "見込み客".to_owned());
        ModuleDifferences {
            api_name,
            label,
            state,
            partly: None,
            rows,
            files: Counted::default(),
            examples: DifferenceExamples::default(),
        }
    }

    fn unusual(rule: LossRule, module: ModuleDifferences) -> Vec<(LossKind, u64, u64)> {
        let losses = rule.unusual(&Differences::new(BackupId(1), vec![module]));
        losses.into_iter().map(|loss| (loss.kind, loss.lost, loss.percent())).collect()
    }

    #[test]
    fn a_loss_is_unusual_above_the_percentage_not_at_it() {
        let rule = LossRule::default();
        assert_eq!(unusual(rule, module(ModuleState::Changed, 1_000, 100)), []);
        assert_eq!(unusual(rule, module(ModuleState::Changed, 1_000, 101)), [(LossKind::Records, 101, 10)]);
        assert_eq!(unusual(LossRule { percent: 0, ..rule }, module(ModuleState::Changed, 1_000, 1)), [(LossKind::Records, 1, 1)]);
        assert_eq!(unusual(LossRule { percent: 100, ..rule }, module(ModuleState::Changed, 5, 5)), []);
        assert_eq!(unusual(rule, module(ModuleState::Same, 0, 0)), []);
    }

    #[test]
    fn a_module_that_is_gone_is_an_unusual_loss_even_without_records() {
        let rule = LossRule { percent: 100, ..LossRule::default() };
        assert_eq!(unusual(rule, module(ModuleState::Gone, 7, 7)), [(LossKind::Module, 7, 100)]);
        assert_eq!(unusual(rule, module(ModuleState::Gone, 0, 0)), [(LossKind::Module, 0, 100)]);
        assert_eq!(unusual(LossRule { modules: false, ..LossRule::default() }, module(ModuleState::Gone, 7, 7)), []);
    }

    #[test]
    fn lost_attachments_are_unusual_if_the_rule_looks_at_them() {
        let mut lost = module(ModuleState::Changed, 10, 0);
        lost.files = Counted { before: 3, after: 2, deleted: 1, ..Counted::default() };
        assert_eq!(unusual(LossRule::default(), lost.clone()), [(LossKind::Attachments, 1, 33)]);
        assert_eq!(unusual(LossRule { attachments: false, ..LossRule::default() }, lost), []);
    }

    #[test]
    fn where_deleted_records_are_not_counted_their_number_tells() {
        let mut rekeyed = module(ModuleState::Changed, 100, 20);
        rekeyed.rows.deleted = 0;
        rekeyed.partly = Some(PartlyCompared::Key);
        assert_eq!(unusual(LossRule::default(), rekeyed), [(LossKind::Records, 20, 20)]);
    }
}
