//! What a restore does with one record, as the policy and the state of its module say.

use serde::{Deserialize, Serialize};

use super::Restore;
use crate::domain::differences::DifferenceKind;
use crate::domain::writing::{Hindrance, HindranceKind};

/// What a restore may do besides creating records that are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePolicy {
    /// Records that were changed since are changed back.
    pub change: bool,
    /// Records that are newer are deleted.
    pub delete: bool,
}

/// What a restore does with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedAction {
    /// The CRM does not have it any more.
    Create,
    /// The CRM has it with other values.
    Change,
    /// The backup does not have it.
    Delete,
    /// It stays as it is in the CRM.
    Leave,
    /// It differs, and cannot be written.
    Impossible,
}

impl PlannedAction {
    /// Whether the record is written.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Change | Self::Delete)
    }
}

/// Why a record is left, or cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedReason {
    /// The policy keeps records that the backup does not have.
    Newer,
    /// The policy keeps records that were changed since.
    Changed,
    /// The CRM does not have the module any more.
    ModuleGone,
    /// The module is a view, whose rows follow from tables.
    NotATable,
    /// Nothing identifies the records of the module.
    NoKey,
    /// Other fields identify the records of the module now.
    OtherKey,
    /// The CRM requires a field that the backup does not have.
    RequiredField,
    /// The record was erased from the backups.
    Erased,
}

/// What a restore does with the records of one module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleRule {
    pub policy: RestorePolicy,
    /// Why no record of it can be written.
    pub obstacle: Option<PlannedReason>,
    /// Whether none can be created, because of a required field.
    pub cannot_create: bool,
}

impl ModuleRule {
    /// Decides about a record. `Added` is one that only the backup has, `Deleted` one that only the CRM has. Erased records are barred from
    /// being written.
    pub fn decide(&self, kind: DifferenceKind, is_erased: bool) -> (PlannedAction, Option<PlannedReason>) {
        let action = match kind {
            DifferenceKind::Added => PlannedAction::Create,
            DifferenceKind::Changed if self.policy.change => PlannedAction::Change,
            DifferenceKind::Changed => return (PlannedAction::Leave, Some(PlannedReason::Changed)),
            DifferenceKind::Deleted if self.policy.delete => PlannedAction::Delete,
            DifferenceKind::Deleted => return (PlannedAction::Leave, Some(PlannedReason::Newer)),
        };
        let missing = (action == PlannedAction::Create && self.cannot_create).then_some(PlannedReason::RequiredField);
        let erased = (is_erased && action != PlannedAction::Delete).then_some(PlannedReason::Erased);
        match self.obstacle.or(missing).or(erased) {
            Some(reason) => (PlannedAction::Impossible, Some(reason)),
            None => (action, None),
        }
    }
}

/// The rule of a module, which follows from the policy and from what hinders writing it. `obstacle` is what the snapshots show.
pub fn rule_of(restore: &Restore, module: &str, obstacle: Option<PlannedReason>, hindrances: &[Hindrance]) -> ModuleRule {
    let of_module = || hindrances.iter().filter(|hindrance| hindrance.module == module);
    let hinders = |hindrance: &Hindrance| match hindrance.kind {
        HindranceKind::Gone if hindrance.field.is_none() => Some(PlannedReason::ModuleGone),
        HindranceKind::NotATable => Some(PlannedReason::NotATable),
        HindranceKind::NoKey => Some(PlannedReason::NoKey),
        _ => None,
    };
    let cannot_create = of_module().any(|hindrance| hindrance.kind == HindranceKind::RequiredField);
    // A record that a person has selected is wanted as it was, and what was written is to be undone.
    let is_chosen = restore.selection.is_of_records() && restore.undoes.is_none();
    let policy = RestorePolicy { delete: restore.policy.delete && !is_chosen, ..restore.policy };
    ModuleRule { policy, obstacle: of_module().find_map(hinders).or(obstacle), cannot_create }
}
