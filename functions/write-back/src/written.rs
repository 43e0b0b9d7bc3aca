//! A module that a restore writes.

use hozon_shared::snapshots::restoring::{ModulePair, RecordRule};

use crate::passes::Turns;

/// A module that is written.
pub(crate) struct WrittenModule {
    pub pair: ModulePair,
    pub rule: RecordRule,
    pub turns: Turns,
    /// Its position in the plan.
    pub position: usize,
}
