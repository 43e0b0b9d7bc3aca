//! What the steps of a call work with.

use hozon_shared::domain::crm::Module;

use super::drill_task::DrillTask;
use super::drilled_backup::DrilledBackup;
use crate::ports::CallEnd;
use crate::target::Target;

/// What the steps of a call work with.
pub(super) struct Steps<'a> {
    pub task: &'a DrillTask<'a>,
    pub target: &'a Target,
    pub backup: &'a DrilledBackup,
    pub time: CallEnd,
    /// Whether the call has not carried out a step yet.
    pub is_first: bool,
}

impl Steps<'_> {
    /// The tables.
    pub(super) fn modules(&self) -> Vec<Module> {
        if !self.backup.record_tables.is_empty() {
            return self.backup.record_tables.iter().map(|table| table.table.clone()).collect();
        }
        self.backup.tables.iter().map(|stored| stored.module.clone()).collect()
    }
}
