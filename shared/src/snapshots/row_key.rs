//! What identifies a row of a module: the cells of its key.

use std::cmp::Ordering;

use crate::domain::crm::Field;
use crate::domain::rows::Cell;

/// Separates the cells of a key of several fields.
const SEPARATOR: u8 = 0x1F;

/// Finds the ids of rows.
#[derive(Debug)]
pub(super) struct RowKey {
    /// Indexes of the columns that identify a row; none if nothing does.
    columns: Vec<usize>,
}

impl RowKey {
    /// Creates the key of rows with these fields, which are identified by the fields of `key`.
    pub fn new(fields: &[Field], key: &[String]) -> Self {
        let at = |name: &String| fields.iter().position(|field| field.api_name == *name);
        Self { columns: key.iter().map(at).collect::<Option<_>>().unwrap_or_default() }
    }

    /// Indexes of the columns that identify a row; none if nothing does.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Makes `id` that of a row; empty if nothing identifies rows.
    pub fn write(&self, cells: &[Cell<'_>], id: &mut Vec<u8>) {
        id.clear();
        for (count, column) in self.columns.iter().enumerate() {
            if count > 0 {
                id.push(SEPARATOR);
            }
            id.extend_from_slice(cells[*column].unwrap_or_default().as_bytes());
        }
    }
}

/// Compares ids such that numbers without leading zeros are in the order of their values.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    (a.len(), a).cmp(&(b.len(), b))
}
