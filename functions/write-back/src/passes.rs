//! What is written of a planned record in each turn. Fields that close a circle of references stay as they are at first, and get their
//! values once all records are there. Before records are deleted, those fields become NULL.

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::restore::PlannedAction;
use hozon_shared::domain::writing::{Cells, RecordWrite};
use hozon_shared::restored::WritePhase;
use hozon_shared::snapshots::restoring::PlannedRecord;

/// A module with the fields that are postponed.
pub(crate) struct Turns {
    /// The module with all fields that are written.
    pub module: Module,
    /// The module with its key and the postponed fields.
    tied: Module,
    /// Positions of the fields of [`Self::tied`].
    columns: Vec<usize>,
    /// Positions of the postponed fields.
    postponed: Vec<usize>,
}

/// A write of a turn.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TurnWrite {
    pub write: RecordWrite,
    /// Whether its outcome is that of the record.
    pub is_main: bool,
}

impl Turns {
    pub(crate) fn new(module: Module, postponed: &[String]) -> Self {
        let at = |name: &String| module.fields.iter().position(|field| field.api_name == *name);
        let is_key = |at: &usize| module.key.contains(&module.fields[*at].api_name);
        let postponed: Vec<usize> = postponed.iter().filter_map(at).filter(|at| !is_key(at)).collect();
        let columns: Vec<usize> = (0..module.fields.len()).filter(|at| is_key(at) || postponed.contains(at)).collect();
        let tied = Module { fields: columns.iter().map(|at| module.fields[*at].clone()).collect(), ..module.clone() };
        Self { module, tied, columns, postponed }
    }

    /// The module as a turn writes it.
    pub(crate) fn module_of(&self, phase: WritePhase) -> &Module {
        match phase {
            WritePhase::Tie | WritePhase::Retie => &self.tied,
            _ => &self.module,
        }
    }

    /// Whether a turn may write records with an action.
    pub(crate) fn concerns(&self, phase: WritePhase, action: PlannedAction) -> bool {
        match phase {
            WritePhase::Write => matches!(action, PlannedAction::Create | PlannedAction::Change),
            WritePhase::Tie => !self.postponed.is_empty() && matches!(action, PlannedAction::Create | PlannedAction::Change),
            WritePhase::Delete => action == PlannedAction::Delete,
            WritePhase::Untie | WritePhase::Retie => !self.postponed.is_empty() && action == PlannedAction::Delete,
            WritePhase::Files | WritePhase::Finish => false,
        }
    }

    /// What a turn writes of a record; `None` for nothing.
    pub(crate) fn write(&self, phase: WritePhase, record: &PlannedRecord) -> Option<TurnWrite> {
        match (phase, record.action) {
            (WritePhase::Write, PlannedAction::Create | PlannedAction::Change) => {
                let (seen, wanted) = (record.now.clone(), self.at_first(record)?);
                (seen.as_ref() != Some(&wanted)).then(|| TurnWrite::main(seen, Some(wanted)))
            }
            (WritePhase::Tie, PlannedAction::Create | PlannedAction::Change) => {
                let first = self.at_first(record)?;
                // Nothing else of it was written before.
                let is_main = record.now.as_ref() == Some(&first);
                self.tie(&first, record.wanted.as_ref()?).map(|write| TurnWrite { is_main, ..write })
            }
            (WritePhase::Untie, PlannedAction::Delete) => {
                let (now, untied) = (record.now.as_ref()?, self.untied(record.now.as_ref()?));
                (untied != *now).then(|| TurnWrite::further(Some(now.clone()), Some(untied)))
            }
            (WritePhase::Delete, PlannedAction::Delete) => Some(TurnWrite::main(Some(self.untied(record.now.as_ref()?)), None)),
            (WritePhase::Retie, PlannedAction::Delete) => {
                let now = record.now.as_ref()?;
                self.tie(&self.untied(now), now)
            }
            _ => None,
        }
    }

    /// The record as the first turn writes it.
    fn at_first(&self, record: &PlannedRecord) -> Option<Cells> {
        let mut cells = record.wanted.clone()?;
        for at in &self.postponed {
            cells[*at] = record.now.as_ref().and_then(|now| now[*at].clone());
        }
        Some(cells)
    }

    fn untied(&self, cells: &Cells) -> Cells {
        let mut cells = cells.clone();
        for at in &self.postponed {
            cells[*at] = None;
        }
        cells
    }

    /// Writes only the postponed fields: the source itself may have changed others when the record was written.
    fn tie(&self, from: &Cells, to: &Cells) -> Option<TurnWrite> {
        let of = |cells: &Cells| -> Cells { self.columns.iter().map(|at| cells[*at].clone()).collect() };
        let (from, to) = (of(from), of(to));
        (from != to).then(|| TurnWrite::further(Some(from), Some(to)))
    }
}

impl TurnWrite {
    fn main(seen: Option<Cells>, wanted: Option<Cells>) -> Self {
        Self { write: RecordWrite { seen, wanted }, is_main: true }
    }

    fn further(seen: Option<Cells>, wanted: Option<Cells>) -> Self {
        Self { write: RecordWrite { seen, wanted }, is_main: false }
    }
}

#[cfg(test)]
#[path = "passes_tests.rs"]
mod tests;
