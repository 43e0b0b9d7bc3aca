//! One CSV file as rows: bytes, text, cells, with the escaping undone where the file has it.

use std::borrow::Cow;
use std::collections::HashSet;

use hozon_shared::archive::cells::Escaping;
use tokio::io::AsyncReadExt;

use super::csv_rows::CsvRows;
use super::error::{ImportError, RowFault};
use super::inputs::{InputFile, Reader};
use super::text::{Encoding, TextDecoder, UnknownBytes};

const CHUNK: usize = 256 << 10;

/// How a CSV file was written.
#[derive(Debug, Clone, Copy)]
pub struct CsvForm {
    /// Its encoding.
    pub encoding: Encoding,
    /// How its cells were escaped.
    pub escaping: Escaping,
}

impl CsvForm {
    /// As our own backups are written.
    pub const OWN: Self = Self { encoding: Encoding::Utf8, escaping: Escaping::Cells };
}

/// An open CSV file. The first row is its header.
pub struct CsvFile {
    name: String,
    form: CsvForm,
    reader: Reader,
    decoder: TextDecoder,
    rows: CsvRows,
    chunk: Vec<u8>,
    text: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
    Unknown,
}

impl CsvFile {
    /// Opens the file.
    pub async fn open(file: &InputFile, form: CsvForm) -> Result<Self, ImportError> {
        Ok(Self {
            name: file.name.clone(),
            form,
            reader: file.open().await?,
            decoder: TextDecoder::new(form.encoding),
            rows: CsvRows::default(),
            chunk: Vec::with_capacity(CHUNK),
            text: String::new(),
            state: State::Reading,
        })
    }

    /// Reads the header: names that are there and differ. `None` when the file is empty.
    pub async fn header(&mut self) -> Result<Option<Vec<String>>, ImportError> {
        if !self.next_row().await? {
            return Ok(None);
        }
        let names: Vec<String> = self.cells().map(Cow::into_owned).collect();
        check_header(&names).map_err(|fault| self.fault(self.rows.row().line(), fault))?;
        Ok(Some(names))
    }

    /// Goes to the next row, which must have that many cells; false at the end.
    pub async fn next(&mut self, columns: usize) -> Result<bool, ImportError> {
        if !self.next_row().await? {
            return Ok(false);
        }
        let found = self.rows.row().cells().count();
        if found != columns {
            return Err(self.fault(self.line(), RowFault::Cells { expected: columns, found }));
        }
        Ok(true)
    }

    /// The present row's cells.
    pub fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let escaping = self.form.escaping;
        self.rows.row().cells().map(move |cell| escaping.undo(cell))
    }

    /// Line on which the present row begins, from 1.
    pub fn line(&self) -> u64 {
        self.rows.row().line()
    }

    /// The error of a line of this file.
    pub fn fault(&self, line: u64, fault: RowFault) -> ImportError {
        ImportError::Row { file: self.name.clone(), line, fault }
    }

    async fn next_row(&mut self) -> Result<bool, ImportError> {
        while !self.advance()? {
            match self.state {
                State::Ended => return Ok(false),
                State::Unknown => return Err(self.fault(self.rows.line(), RowFault::Encoding)),
                State::Reading => self.fill().await?,
            }
        }
        Ok(true)
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
        let read = read.map_err(|source| ImportError::Unreadable { file: self.name.clone(), source })?;
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

fn check_header(names: &[String]) -> Result<(), RowFault> {
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(RowFault::NamelessColumn { column: at + 1 });
        }
        if !seen.insert(name) {
            return Err(RowFault::SameColumn { name: name.clone() });
        }
    }
    Ok(())
}
