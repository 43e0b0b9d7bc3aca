//! The ids of rows as blocks have them written, for modules that store all of what identifies their rows.

use super::raw_row::raw_cells;
use super::row_index::hash_of;
use super::row_key::RowKey;
use crate::archive::csv::kept_columns;
use crate::domain::crm::Field;

/// Finds the ids of written rows.
pub(super) struct WrittenIds {
    key: RowKey,
    /// Indexes of the columns that are stored.
    kept: Vec<usize>,
    /// Number of all columns.
    columns: usize,
    id: Vec<u8>,
}

impl WrittenIds {
    /// Creates it for rows with these fields, which are identified by the fields of `key`; `None` if a field of the key is not stored.
    pub fn new(fields: &[Field], key: &[String]) -> Option<Self> {
        let (key, kept) = (RowKey::new(fields, key), kept_columns(fields));
        let is_stored = key.columns().iter().all(|column| kept.contains(column));
        is_stored.then(|| Self { key, kept, columns: fields.len(), id: Vec::new() })
    }

    /// Positions of the key's columns among those that are stored.
    pub fn places(&self) -> Vec<usize> {
        self.key.columns().iter().filter_map(|column| self.kept.iter().position(|kept| kept == column)).collect()
    }

    /// Returns the id of a row: its key, or its hash where nothing identifies the rows.
    pub fn of(&mut self, row: &str) -> &[u8] {
        let stored: Vec<_> = raw_cells(row, self.kept.len()).collect();
        let mut cells = vec![None; self.columns];
        for (cell, at) in stored.iter().zip(&self.kept) {
            cells[*at] = cell.as_deref();
        }
        self.key.write(&cells, &mut self.id);
        if self.key.columns().is_empty() {
            self.id.extend_from_slice(&hash_of(row.as_bytes()));
        }
        &self.id
    }
}
