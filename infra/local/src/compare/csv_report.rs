//! Writes all differences as CSV.

use std::io::Error;
use std::path::Path;

use super::difference::{BackupDifference, EditedCell, RecordEdit};
use super::error::CompareError;
use crate::csv_output::CsvOutput;

const COLUMNS: [&str; 6] = ["module", "record", "change", "field", "before", "after"];

/// A CSV file with one line for every changed value.
pub struct CsvReport(CsvOutput);

impl CsvReport {
    /// Begins a file, which appears when it is complete.
    pub fn create(file: &Path) -> Result<Self, CompareError> {
        CsvOutput::create(file, &COLUMNS).map(Self).map_err(|source| output(file, source))
    }

    /// Writes the lines of a difference.
    pub fn write(&mut self, module: &str, difference: &BackupDifference) -> Result<(), CompareError> {
        let written = match difference {
            BackupDifference::ModuleAdded => self.line([module, "", "module_added", ""], None, None),
            BackupDifference::ModuleDeleted => self.line([module, "", "module_deleted", ""], None, None),
            BackupDifference::FieldAdded(field) => self.line([module, "", "field_added", field], None, None),
            BackupDifference::FieldDeleted(field) => self.line([module, "", "field_deleted", field], None, None),
            BackupDifference::Record { record, edit, cells } => self.record([module, record], *edit, cells),
            BackupDifference::File { record, name, edit, before, after } => {
                let change = format!("file_{}", edit.name());
                self.line([module, record, &change, name], before.as_deref(), after.as_deref())
            }
        };
        written.map_err(|source| output(self.0.file(), source))
    }

    /// Completes the file.
    pub fn finish(self) -> Result<(), CompareError> {
        let file = self.0.file().to_owned();
        self.0.finish().map_err(|source| output(&file, source))
    }

    /// Writes a line for each value, or one for a record without values.
    fn record(&mut self, [module, record]: [&str; 2], edit: RecordEdit, cells: &[EditedCell]) -> Result<(), Error> {
        if cells.is_empty() {
            self.line([module, record, edit.name(), ""], None, None)?;
        }
        for EditedCell { field, before, after } in cells {
            self.line([module, record, edit.name(), field], before.as_deref(), after.as_deref())?;
        }
        Ok(())
    }

    fn line(&mut self, place: [&str; 4], before: Option<&str>, after: Option<&str>) -> Result<(), Error> {
        let place = place.into_iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
        self.0.row(place.chain([before, after]))
    }
}

fn output(file: &Path, source: Error) -> CompareError {
    CompareError::Output { file: file.to_owned(), source }
}
