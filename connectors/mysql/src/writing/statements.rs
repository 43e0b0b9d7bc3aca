//! Statements that lock, read and write records.

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{Cells, RecordWrite, WriteStep};

use super::target::{TargetTable, contained};
use crate::catalog::Column;
use crate::columns::Form;
use crate::names::quoted;

/// How the cells of a module's records lie in its table.
pub(crate) struct CellPlaces<'a> {
    pub table: &'a str,
    /// For each field the column, if the table has it.
    columns: Vec<Option<&'a Column>>,
    pub fields: Vec<&'a str>,
    /// For each field, whether the table has it and takes its values.
    pub counts: Vec<bool>,
    /// Positions of the fields that identify a record.
    pub key: Vec<usize>,
}

impl<'a> CellPlaces<'a> {
    /// `None` if the records cannot be written: nothing identifies them, or they are no rows of a table.
    pub(crate) fn of(module: &'a Module, table: &'a TargetTable) -> Option<Self> {
        Some(Self { key: table.key(module)?, ..Self::of_new_rows(module, table) })
    }

    /// The places of rows that are only inserted, so that nothing need identify them.
    pub(crate) fn of_new_rows(module: &'a Module, table: &'a TargetTable) -> Self {
        let known: Vec<_> = contained(module).map(|name| table.column(name)).collect();
        let counts = known.iter().map(|known| known.is_some_and(|known| !known.is_generated)).collect();
        let columns = known.iter().map(|known| known.map(|known| &known.column)).collect();
        Self { table: &table.name, columns, fields: contained(module).collect(), counts, key: Vec::new() }
    }

    /// The column of a field, if its cell is read: it counts, or is part of the key.
    fn read(&self, at: usize) -> Option<&'a Column> {
        self.columns[at].filter(|_| self.counts[at] || self.key.contains(&at))
    }

    /// Forms of the values that [`Self::select`] selects.
    pub(crate) fn forms(&self) -> Vec<Form> {
        (0..self.columns.len()).map(|at| self.read(at).map_or(Form::Text, Column::form)).collect()
    }

    /// Locks the records of these keys, and reads their cells, and then the conversion checks.
    pub(crate) fn select(&self, keys: &[Cells]) -> String {
        let read = || (0..self.columns.len()).map(|at| self.read(at));
        let selected = read().map(|column| column.map_or_else(|| "null".to_owned(), Column::selected));
        let checks = read().flatten().filter_map(Column::conversion_check);
        let selected: Vec<String> = selected.chain(checks).collect();
        let any: Vec<String> = keys.iter().map(|key| format!("({})", self.is_key(key))).collect();
        let table = quoted(self.table);
        let order: Vec<String> = self.key.iter().map(|at| format!("{table}.{}", quoted(self.fields[*at]))).collect();
        format!("select {} from {table} where {} order by {} for update", selected.join(", "), any.join(" or "), order.join(", "))
    }

    /// The statement that writes a record; `None` if nothing is to be done.
    pub(crate) fn statement(&self, write: &RecordWrite, step: &WriteStep) -> Option<String> {
        let (wanted, seen) = (write.wanted.as_deref().unwrap_or_default(), write.seen.as_deref().unwrap_or_default());
        let (table, of_record) = (quoted(self.table), || self.is_key(&self.key_of(seen)));
        match step {
            WriteStep::Leave(_) => None,
            WriteStep::Create => Some(self.insert(wanted)),
            WriteStep::Change(at) => {
                let changes: Vec<String> = at
                    .iter()
                    .map(|at| format!("{} = {}", quoted(self.fields[*at]), self.constant(*at, wanted[*at].as_deref())))
                    .collect();
                Some(format!("update {table} set {} where {}", changes.join(", "), of_record()))
            }
            WriteStep::Delete => Some(format!("delete from {table} where {}", of_record())),
        }
    }

    /// The statement that creates a record.
    pub(crate) fn insert(&self, cells: &[Option<String>]) -> String {
        let written: Vec<usize> = (0..cells.len()).filter(|at| self.counts[*at]).collect();
        let names: Vec<String> = written.iter().map(|at| quoted(self.fields[*at])).collect();
        let values: Vec<String> = written.iter().map(|at| self.constant(*at, cells[*at].as_deref())).collect();
        format!("insert into {} ({}) values ({})", quoted(self.table), names.join(", "), values.join(", "))
    }

    /// The cells that identify a record.
    pub(crate) fn key_of(&self, cells: &[Option<String>]) -> Cells {
        self.key.iter().map(|at| cells.get(*at).cloned().flatten()).collect()
    }

    fn is_key(&self, key: &[Option<String>]) -> String {
        let is = |(at, cell): (&usize, &Option<String>)| {
            format!("{} = {}", quoted(self.fields[*at]), self.constant(*at, cell.as_deref()))
        };
        self.key.iter().zip(key).map(is).collect::<Vec<_>>().join(" and ")
    }

    fn constant(&self, at: usize, cell: Option<&str>) -> String {
        self.columns[at].map_or_else(|| "null".to_owned(), |column| column.constant(cell))
    }
}
