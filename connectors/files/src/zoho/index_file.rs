//! The index of attachments as a file: its columns and rows.

use super::copies::are_equal;
use super::index_columns::IndexColumns;
use super::reading::source;
use crate::csv_file::{CsvFile, CsvSource};
use crate::dialect::CsvPreferences;
use crate::error::ImportError;
use crate::inputs::InputFile;
use crate::notes::Note;

/// An index whose columns are known.
pub struct OpenIndex {
    pub source: CsvSource,
    pub header: Vec<String>,
    pub columns: IndexColumns,
}

impl OpenIndex {
    /// Opens the rows behind the header.
    pub async fn rows(&self) -> Result<CsvFile, ImportError> {
        let mut csv = CsvFile::open(&self.source).await?;
        csv.header().await?;
        Ok(csv)
    }
}

/// Opens the indexes. Equal ones of two zips are one.
pub async fn open(
    files: Vec<InputFile>,
    preferences: &CsvPreferences,
    notes: &mut Vec<Note>,
) -> Result<Vec<OpenIndex>, ImportError> {
    let mut open: Vec<OpenIndex> = Vec::new();
    'files: for file in files {
        for known in &open {
            if are_equal(&known.source.file, &file).await? {
                notes.push(Note::GivenTwice { name: file.name, first: known.source.file.name.clone() });
                continue 'files;
            }
        }
        let source = source(&file, preferences, notes).await?;
        let header = CsvFile::open(&source).await?.header().await?.unwrap_or_default();
        let columns = IndexColumns::of(&header);
        open.push(OpenIndex { source, header, columns });
    }
    Ok(open)
}
