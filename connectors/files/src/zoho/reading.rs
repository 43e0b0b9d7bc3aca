//! How Zoho's files are read.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::archive::cells::Escaping;

use crate::csv_file::{CsvSource, Nulls};
use crate::dialect::{CsvPreferences, detect};
use crate::error::ImportError;
use crate::inputs::InputFile;
use crate::notes::Note;

/// How Zoho's files are read.
#[derive(Clone, Copy)]
pub struct ZohoReading<'a> {
    /// The user's settings for CSV files.
    pub preferences: &'a CsvPreferences,
    /// Time zone of times, which have none in the files.
    pub zone: Tz,
    /// Time of files without a time.
    pub now: DateTime<Utc>,
}

/// Describes how a CSV file of Zoho is read.
pub async fn source(file: &InputFile, preferences: &CsvPreferences, notes: &mut Vec<Note>) -> Result<CsvSource, ImportError> {
    let (dialect, lenient) = (detect(file, preferences, notes).await?, preferences.lenient);
    let (file, escaping, nulls) = (file.clone(), Escaping::None, Nulls::Marked);
    Ok(CsvSource { file, dialect, escaping, nulls, lenient, expected: None, may_be_edited: false })
}
