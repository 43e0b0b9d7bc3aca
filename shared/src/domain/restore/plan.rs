//! Counts of a plan, and of what became of it.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::files::FilePlanCounts;
use super::rule::PlannedAction;
use crate::domain::writing::{Hindrance, HindranceKind, WriteOutcome};

/// Maximum number of hindrances that a plan names.
pub const MAX_HINDRANCES: usize = 100;

/// Numbers of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCounts {
    pub create: u64,
    pub change: u64,
    pub delete: u64,
    pub leave: u64,
    pub impossible: u64,
}

impl PlanCounts {
    /// Counts one record.
    pub fn count(&mut self, action: PlannedAction) {
        match action {
            PlannedAction::Create => self.create += 1,
            PlannedAction::Change => self.change += 1,
            PlannedAction::Delete => self.delete += 1,
            PlannedAction::Leave => self.leave += 1,
            PlannedAction::Impossible => self.impossible += 1,
        }
    }

    /// Number of records that are written.
    pub fn writes(&self) -> u64 {
        self.create + self.change + self.delete
    }
}

impl Add for PlanCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            change: self.change + other.change,
            delete: self.delete + other.delete,
            leave: self.leave + other.leave,
            impossible: self.impossible + other.impossible,
        }
    }
}

/// What a restore does in one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModulePlan {
    pub api_name: String,
    pub label: String,
    #[serde(flatten)]
    pub counts: PlanCounts,
    /// Files of its records.
    #[serde(default)]
    pub files: FilePlanCounts,
}

impl ModulePlan {
    /// Number of records and files that are written.
    pub fn writes(&self) -> u64 {
        self.counts.writes() + self.files.writes()
    }
}

/// What a restore does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePlan {
    /// In the order of the backup.
    pub modules: Vec<ModulePlan>,
    /// What hinders writing, at most [`MAX_HINDRANCES`].
    pub hindrances: Vec<Hindrance>,
    /// API names of the modules whose tables are made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creates: Vec<String>,
}

impl RestorePlan {
    /// Sums over all modules.
    pub fn counts(&self) -> PlanCounts {
        self.modules.iter().fold(PlanCounts::default(), |sum, module| sum + module.counts)
    }

    /// Sums of files over all modules.
    pub fn files(&self) -> FilePlanCounts {
        self.modules.iter().fold(FilePlanCounts::default(), |sum, module| sum + module.files)
    }

    /// Number of records and files that are written.
    pub fn writes(&self) -> u64 {
        self.counts().writes() + self.files().writes()
    }

    /// Whether it neither makes tables nor writes records or files.
    pub fn does_nothing(&self) -> bool {
        self.writes() == 0 && self.creates.is_empty()
    }

    /// Whether the connection's user may not write a module in which there is something to write.
    pub fn is_hindered(&self) -> bool {
        let is_denied = |module: &ModulePlan| {
            let denies =
                |hindrance: &Hindrance| hindrance.kind == HindranceKind::NoPermission && hindrance.module == module.api_name;
            module.counts.writes() > 0 && self.hindrances.iter().any(denies)
        };
        self.modules.iter().any(is_denied)
    }
}

/// What became of the records and files of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreOutcome {
    #[serde(flatten)]
    pub records: WrittenCounts,
    #[serde(default)]
    pub files: WrittenCounts,
}

impl RestoreOutcome {
    /// Number of records and files.
    pub fn total(&self) -> u64 {
        self.records.total() + self.files.total()
    }
}

/// What became of some records, or of some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenCounts {
    pub written: u64,
    pub already_there: u64,
    pub changed_meanwhile: u64,
    pub refused: u64,
}

impl WrittenCounts {
    /// Counts one of them.
    pub fn count(&mut self, outcome: &WriteOutcome) {
        match outcome {
            WriteOutcome::Written { .. } => self.written += 1,
            WriteOutcome::AlreadyThere => self.already_there += 1,
            WriteOutcome::ChangedMeanwhile => self.changed_meanwhile += 1,
            WriteOutcome::Refused { .. } => self.refused += 1,
        }
    }

    /// Number of them all.
    pub fn total(&self) -> u64 {
        self.written + self.already_there + self.changed_meanwhile + self.refused
    }
}
