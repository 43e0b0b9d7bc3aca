//! The ids of stored rows, as the row index has them.

use super::row_index::hash_of;
use super::row_key::RowKey;
use crate::archive::csv::{CsvOptions, CsvWriter, kept_columns, kinds_of};
use crate::domain::crm::Module;
use crate::domain::rows::Cell;

/// Finds the ids of rows that were read from blocks.
pub struct RowIds {
    key: RowKey,
    csv: CsvWriter,
    id: Vec<u8>,
}

impl RowIds {
    /// Creates it for the rows of a module, which have a cell for each field that is backed up.
    pub fn new(module: &Module) -> Self {
        let kept: Vec<_> = kept_columns(&module.fields).into_iter().map(|at| module.fields[at].clone()).collect();
        let key = RowKey::new(&kept, &module.key);
        Self { key, csv: CsvWriter::new(CsvOptions::default(), kinds_of(&module.fields)), id: Vec::new() }
    }

    /// Returns the id of a row: its key, or its hash where nothing identifies the rows.
    pub fn of(&mut self, cells: &[Cell<'_>]) -> &[u8] {
        self.key.write(cells, &mut self.id);
        if self.key.columns().is_empty() {
            self.csv.clear();
            self.csv.row(cells.iter().copied());
            self.id.extend_from_slice(&hash_of(self.csv.written()));
        }
        &self.id
    }
}
