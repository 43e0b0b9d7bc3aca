//! Reads a CSV file: bytes, text, cells, with the escaping undone where the file has it, and comparison with a
//! manifest.

use std::borrow::Cow;

use hozon_shared::archive::cells::Escaping;
use hozon_shared::archive::csv;
use hozon_shared::archive::file_check::FileCheck;
use hozon_shared::archive::manifest::FileRecord;
use tokio::io::AsyncReadExt;

use super::dialect::Dialect;
use super::error::{ImportError, ManifestDifference, RowFault};
use super::inputs::{InputFile, Reader};
use super::notes::Note;
use super::text::{Encoding, TextDecoder, UnknownBytes};
use hozon_shared::archive::csv_rows::CsvRows;

const CHUNK: usize = 256 << 10;
/// The end-of-file character that DOS appended to text files.
const END_MARK: &str = "\u{1A}";

/// How a file writes NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// As an empty cell without quotation marks.
    Unquoted,
    /// As our manifests say since they say it: as [`Self::Unquoted`], and in rows of one cell as an apostrophe without
    /// quotation marks.
    Marked,
    /// As any empty cell: it is a file of ours from before.
    Empty,
}

impl Nulls {
    fn is_null(self, cell: &str, is_quoted: bool, is_only: bool) -> bool {
        match self {
            Self::Empty => cell.is_empty(),
            Self::Marked => csv::is_null(cell, is_quoted, is_only),
            Self::Unquoted => cell.is_empty() && !is_quoted,
        }
    }
}

/// A CSV file, and how to read it.
#[derive(Clone)]
pub struct CsvSource {
    pub file: InputFile,
    pub dialect: Dialect,
    /// How its cells were escaped.
    pub escaping: Escaping,
    pub nulls: Nulls,
    /// Whether short rows are filled up.
    pub lenient: bool,
    /// The manifest's record of the file.
    pub expected: Option<FileRecord>,
    /// Whether the file may differ from the manifest, because the user says that it was edited.
    pub may_be_edited: bool,
}

/// An open CSV file. The first row is its header.
pub struct CsvFile {
    source: CsvSource,
    reader: Reader,
    decoder: TextDecoder,
    rows: CsvRows,
    chunk: Vec<u8>,
    text: String,
    state: State,
    count: u64,
    check: Option<FileCheck>,
    notes: Vec<Note>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
    Unknown,
}

impl CsvFile {
    /// Opens the file.
    pub async fn open(source: &CsvSource) -> Result<Self, ImportError> {
        let Dialect { encoding, separator, .. } = source.dialect;
        Ok(Self {
            reader: source.file.open().await?,
            decoder: TextDecoder::new(encoding),
            rows: CsvRows::new(separator, source.lenient),
            chunk: Vec::with_capacity(CHUNK),
            text: String::new(),
            state: State::Reading,
            count: 0,
            check: source.expected.as_ref().map(FileCheck::of),
            notes: Vec::new(),
            source: source.clone(),
        })
    }

    /// Reads the header; `None` if the file is empty.
    pub async fn header(&mut self) -> Result<Option<Vec<String>>, ImportError> {
        if self.source.dialect.names_separator {
            self.next_row().await?;
        }
        if !self.next_row().await? {
            return Ok(None);
        }
        Ok(Some(self.cells().map(Cow::into_owned).collect()))
    }

    /// Advances to the next row, which must have `columns` cells, or at most as many in a lenient import. Returns false
    /// at the end.
    pub async fn next(&mut self, columns: usize) -> Result<bool, ImportError> {
        if !self.next_row().await? {
            return Ok(false);
        }
        let (line, found) = (self.line(), self.rows.row().cells().count());
        let is_end_mark = self.rows.row().cells().eq([END_MARK]);
        if is_end_mark && !self.next_row().await? {
            self.notes.push(Note::EndMark(self.source.file.name.clone()));
            return Ok(false);
        }
        if is_end_mark || (found != columns && !(self.source.lenient && found < columns)) {
            return Err(self.fault(line, RowFault::Cells { expected: columns, found }));
        }
        self.count += 1;
        Ok(true)
    }

    /// Advances to the next row of any width. Returns false at the end.
    pub async fn next_of_any_width(&mut self) -> Result<bool, ImportError> {
        loop {
            let found = self.next_row().await?;
            let is_end_mark = found && self.rows.row().cells().eq([END_MARK]);
            if !is_end_mark {
                return Ok(found);
            }
        }
    }

    /// Returns the current row's cells; a short row has fewer than the header.
    pub fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let escaping = self.source.escaping;
        self.rows.row().cells().map(move |cell| escaping.undo(cell))
    }

    /// Returns the current row's cells, `None` for NULL.
    pub fn nullable_cells(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        let (row, CsvSource { escaping, nulls, .. }) = (self.rows.row(), &self.source);
        let is_only = row.quoted().count() == 1;
        let cells = row.cells().zip(row.quoted());
        cells.map(move |(cell, is_quoted)| (!nulls.is_null(cell, is_quoted, is_only)).then(|| escaping.undo(cell)))
    }

    pub fn file(&self) -> &InputFile {
        &self.source.file
    }

    /// Line on which the current row starts, from 1.
    pub fn line(&self) -> u64 {
        self.rows.row().line()
    }

    /// Creates an error for a line of this file.
    pub fn fault(&self, line: u64, fault: RowFault) -> ImportError {
        ImportError::Row { file: self.source.file.name.clone(), line, fault }
    }

    /// Compares the file, which must be read to its end, with the manifest, and returns the notes.
    pub fn finish(mut self) -> Result<Vec<Note>, ImportError> {
        let Some(expected) = self.source.expected.take() else { return Ok(self.notes) };
        let change = if !self.check.take().is_some_and(FileCheck::is_equal) {
            ManifestDifference::Contents
        } else if expected.rows.is_some_and(|rows| rows != self.count) {
            ManifestDifference::Rows { manifest: expected.rows.unwrap_or_default(), found: self.count }
        } else {
            return Ok(self.notes);
        };
        let file = self.source.file.name;
        if !self.source.may_be_edited {
            return Err(ImportError::Changed { file, change });
        }
        self.notes.push(Note::Edited(file));
        Ok(self.notes)
    }

    async fn next_row(&mut self) -> Result<bool, ImportError> {
        while !self.advance()? {
            match self.state {
                State::Ended => return Ok(false),
                State::Unknown => return Err(self.fault(self.rows.line(), self.unknown_bytes())),
                State::Reading => self.fill().await?,
            }
        }
        Ok(true)
    }

    fn unknown_bytes(&self) -> RowFault {
        let encoding = self.source.dialect.encoding;
        RowFault::Encoding { encoding, guess: Encoding::guess(&self.chunk).filter(|guess| *guess != encoding) }
    }

    fn advance(&mut self) -> Result<bool, ImportError> {
        let found = self.rows.next_row(self.state == State::Ended);
        let found = found.map(|row| row.is_some());
        found.map_err(|fault| self.fault(fault.line(), RowFault::Csv(fault)))
    }

    async fn fill(&mut self) -> Result<(), ImportError> {
        self.chunk.clear();
        let mut limited = (&mut self.reader).take(CHUNK as u64);
        let read = limited.read_to_end(&mut self.chunk).await;
        let read = read.map_err(|source| self.source.file.unreadable(source))?;
        if let Some(check) = &mut self.check {
            check.update(&self.chunk);
        }
        self.text.clear();
        let decoded = self.decoder.decode(&self.chunk, read == 0, &mut self.text);
        self.rows.push(&self.text);
        self.state = match decoded {
            Err(UnknownBytes) => State::Unknown,
            Ok(()) if read == 0 => State::Ended,
            Ok(()) => State::Reading,
        };
        Ok(())
    }
}
