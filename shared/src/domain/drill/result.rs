//! What a drill has found.

use serde::{Deserialize, Serialize};

use crate::domain::differences::{ModuleDifferences, ModuleState};
use crate::domain::writing::Refusal;

/// Why not all rows of a module were restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DrillFault {
    /// The store does not give the backup's data as it was stored.
    Damaged,
    /// The restore target does not take a row.
    Refused { reason: Refusal },
}

/// What a drill has found in a module. `before` is the backup, `after` is what was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrilledModule {
    pub differences: ModuleDifferences,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<DrillFault>,
    /// Number of attached files that the restore target has no place for. They were read from the backup, and compared with their hashes.
    #[serde(default)]
    pub files_read: u64,
}

impl DrilledModule {
    /// Whether all that was restored is the same as in the backup.
    pub fn is_same(&self) -> bool {
        self.differences.state == ModuleState::Same && self.fault.is_none()
    }
}

/// Sums of what a drill has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillTotals {
    /// Number of modules that were restored.
    pub modules: u64,
    /// Number of them that differ.
    pub modules_differing: u64,
    /// Number of records in the backup.
    pub records: u64,
    pub records_differing: u64,
    /// Number of attached files in the backup.
    pub files: u64,
    pub files_differing: u64,
    /// Number of files that were read and compared with their hashes only.
    pub files_read: u64,
    /// Number of modules that are no tables, such as views.
    pub left_out: u64,
    /// Number of foreign keys that the restore target did not take.
    pub foreign_keys_refused: u64,
}

impl DrillTotals {
    /// Sums up modules.
    pub fn of(modules: &[DrilledModule], left_out: u64, foreign_keys_refused: u64) -> Self {
        let empty = Self { left_out, foreign_keys_refused, ..Self::default() };
        modules.iter().fold(empty, |sum, module| {
            let (rows, files) = (module.differences.rows, module.differences.files);
            // Where rows can be compared in part only, their number may be all that is known.
            let differing = rows.differing().max(rows.before.abs_diff(rows.after));
            Self {
                modules: sum.modules + 1,
                modules_differing: sum.modules_differing + u64::from(!module.is_same()),
                records: sum.records + rows.before,
                records_differing: sum.records_differing + differing,
                files: sum.files + files.before,
                files_differing: sum.files_differing + files.differing(),
                files_read: sum.files_read + module.files_read,
                ..sum
            }
        })
    }

    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.modules_differing + self.records_differing + self.files_differing + self.foreign_keys_refused == 0
    }
}
