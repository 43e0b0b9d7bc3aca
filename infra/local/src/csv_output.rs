//! A CSV file for people, with the escaping of a backup's CSV files. It appears under its name when it is complete.

use std::io::{BufWriter, Error, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use tempfile::NamedTempFile;

const BUFFER: usize = 256 << 10;

/// A CSV file that is being written.
pub struct CsvOutput {
    file: PathBuf,
    writer: BufWriter<NamedTempFile>,
    csv: CsvWriter,
}

impl CsvOutput {
    /// Begins a file with these columns. Until [`Self::finish`] it has another name in the same folder.
    pub fn create(file: &Path, columns: &[&str]) -> Result<Self, Error> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let begun = NamedTempFile::new_in(folder)?;
        let mut csv = CsvWriter::new(CsvOptions::default(), Vec::new());
        csv.begin(columns);
        Ok(Self { file: file.to_owned(), writer: BufWriter::with_capacity(BUFFER, begun), csv })
    }

    /// The file's name.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Writes a row.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a str>>) -> Result<(), Error> {
        self.csv.row(cells);
        let written = self.writer.write_all(self.csv.written());
        self.csv.clear();
        written
    }

    /// Completes the file.
    pub fn finish(self) -> Result<(), Error> {
        let Self { file, mut writer, csv } = self;
        writer.write_all(csv.written())?;
        let written = writer.into_inner().map_err(IntoInnerError::into_error)?;
        written.persist(&file).map_err(|error| error.error)?;
        Ok(())
    }
}
