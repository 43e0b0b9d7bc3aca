//! A module that a restore writes.

use hozon_shared::snapshots::restoring::{FileRule, ModulePair, RecordRule};

use crate::passes::Turns;

/// A module that is written.
pub(crate) struct WrittenModule {
    pub pair: ModulePair,
    pub rule: RecordRule,
    /// What is done with the files of its records; `None` if none is written.
    pub files: Option<FileRule>,
    pub turns: Turns,
    /// Whether its rows are written in one go, because nothing identifies them, and its table is new.
    pub is_filled: bool,
    /// Its position in the plan.
    pub position: usize,
}
