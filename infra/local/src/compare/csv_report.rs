//! Writes all differences as CSV, with the escaping of a backup's CSV files. The file appears when it is complete.

use std::io::{BufWriter, Error, Write};
use std::path::{Path, PathBuf};

use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use tempfile::NamedTempFile;

use super::difference::{BackupDifference, EditedCell, RecordEdit};
use super::error::CompareError;

const COLUMNS: [&str; 6] = ["module", "record", "change", "field", "before", "after"];
const BUFFER: usize = 256 << 10;

/// A CSV file with one line for every changed value.
pub struct CsvReport {
    file: PathBuf,
    writer: BufWriter<NamedTempFile>,
    csv: CsvWriter,
}

impl CsvReport {
    /// Begins a file. Until [`Self::finish`] it has another name in the same folder.
    pub fn create(file: &Path) -> Result<Self, CompareError> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let begun = NamedTempFile::new_in(folder).map_err(|source| output(file, source))?;
        let mut csv = CsvWriter::new(CsvOptions::default(), Vec::new());
        csv.begin(&COLUMNS);
        Ok(Self { file: file.to_owned(), writer: BufWriter::with_capacity(BUFFER, begun), csv })
    }

    /// Writes the lines of a difference.
    pub fn write(&mut self, module: &str, difference: &BackupDifference) -> Result<(), CompareError> {
        match difference {
            BackupDifference::ModuleAdded => self.line([module, "", "module_added", ""], None, None),
            BackupDifference::ModuleDeleted => self.line([module, "", "module_deleted", ""], None, None),
            BackupDifference::FieldAdded(field) => self.line([module, "", "field_added", field], None, None),
            BackupDifference::FieldDeleted(field) => self.line([module, "", "field_deleted", field], None, None),
            BackupDifference::Record { record, edit, cells } => self.record([module, record], *edit, cells),
            BackupDifference::File { record, name, edit, before, after } => {
                let change = format!("file_{}", edit.name());
                self.line([module, record, &change, name], before.as_deref(), after.as_deref());
            }
        }
        let written = self.writer.write_all(self.csv.written());
        self.csv.clear();
        written.map_err(|source| output(&self.file, source))
    }

    /// Completes the file.
    pub fn finish(self) -> Result<(), CompareError> {
        let Self { file, writer, csv } = self;
        let completed = || -> Result<(), Error> {
            let mut writer = writer;
            writer.write_all(csv.written())?;
            let written = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            written.persist(&file).map_err(|error| error.error)?;
            Ok(())
        };
        completed().map_err(|source| output(&file, source))
    }

    /// Writes a line for each value, or one for a record without values.
    fn record(&mut self, [module, record]: [&str; 2], edit: RecordEdit, cells: &[EditedCell]) {
        if cells.is_empty() {
            self.line([module, record, edit.name(), ""], None, None);
        }
        for EditedCell { field, before, after } in cells {
            self.line([module, record, edit.name(), field], before.as_deref(), after.as_deref());
        }
    }

    fn line(&mut self, place: [&str; 4], before: Option<&str>, after: Option<&str>) {
        let place = place.into_iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
        self.csv.row(place.chain([before, after]));
    }
}

fn output(file: &Path, source: Error) -> CompareError {
    CompareError::Output { file: file.to_owned(), source }
}
