//! Reads an entry to its end: its digests, its size, and its rows if it is a CSV file.

use std::collections::HashMap;

use hozon_shared::archive::cells::Escaping;
use hozon_shared::archive::file_check::FileCheck;
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, FileRecord};
use tokio::io::AsyncReadExt;

use crate::import::inputs::InputFile;
use crate::import::text::{TextDecoder, UnknownBytes};
use crate::import::{Encoding, ImportError, RowFault};
use hozon_shared::archive::csv_rows::CsvRows;

const CHUNK: usize = 256 << 10;

/// The measured properties of an entry.
pub struct MeasuredEntry {
    /// Uncompressed size.
    pub bytes: u64,
    /// Whether its contents are those of its record in the manifest; true without a record.
    pub is_as_recorded: bool,
    /// Number of CSV rows without the header, if counted.
    pub rows: Option<u64>,
    /// For the attachment index: size and SHA-256 by path.
    pub listed: HashMap<String, (String, String)>,
}

/// Reads an entry. The reader verifies CRC and sizes at its end.
pub async fn read(file: &InputFile, record: Option<&FileRecord>, escaping: Escaping) -> Result<MeasuredEntry, ImportError> {
    let mut reader = file.open().await?;
    let mut check = record.map(FileCheck::of);
    let counts_rows = record.is_some_and(|record| record.rows.is_some());
    let mut rows = counts_rows.then(|| Rows::new(&file.name, escaping));
    let mut bytes = 0;
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        let read = (&mut reader).take(CHUNK as u64).read_to_end(&mut chunk).await.map_err(|source| file.unreadable(source))?;
        if let Some(rows) = &mut rows {
            rows.push(&chunk, read == 0)?;
        }
        if read == 0 {
            break;
        }
        bytes += read as u64;
        if let Some(check) = &mut check {
            check.update(&chunk);
        }
    }
    let is_as_recorded = check.is_none_or(FileCheck::is_equal);
    let (rows, listed) = rows.map_or((None, HashMap::new()), |rows| (Some(rows.count), rows.listed));
    Ok(MeasuredEntry { bytes, is_as_recorded, rows, listed })
}

/// Counts rows, and collects the entries of an attachment index.
struct Rows<'a> {
    name: &'a str,
    escaping: Escaping,
    decoder: TextDecoder,
    text: String,
    csv: CsvRows,
    columns: Option<usize>,
    is_index: bool,
    count: u64,
    listed: HashMap<String, (String, String)>,
}

impl<'a> Rows<'a> {
    fn new(name: &'a str, escaping: Escaping) -> Self {
        Self {
            name,
            escaping,
            decoder: TextDecoder::new(Encoding::UTF_8),
            text: String::new(),
            csv: CsvRows::default(),
            columns: None,
            is_index: false,
            count: 0,
            listed: HashMap::new(),
        }
    }

    fn push(&mut self, bytes: &[u8], last: bool) -> Result<(), ImportError> {
        self.text.clear();
        let decoded = self.decoder.decode(bytes, last, &mut self.text);
        decoded
            .map_err(|UnknownBytes| self.fault(self.csv.line(), RowFault::Encoding { encoding: Encoding::UTF_8, guess: None }))?;
        self.csv.push(&self.text);
        loop {
            let more = self.csv.next_row(last).map(|row| row.is_some());
            match more {
                Ok(true) => self.row()?,
                Ok(false) => return Ok(()),
                Err(fault) => return Err(self.fault(fault.line(), RowFault::Csv(fault))),
            }
        }
    }

    fn row(&mut self) -> Result<(), ImportError> {
        let row = self.csv.row();
        let found = row.cells().count();
        let Some(expected) = self.columns else {
            self.columns = Some(found);
            self.is_index = row.cells().eq(ATTACHMENT_COLUMNS);
            return Ok(());
        };
        if found != expected {
            return Err(self.fault(row.line(), RowFault::Cells { expected, found }));
        }
        self.count += 1;
        if self.is_index {
            let cells: Vec<String> = row.cells().map(|cell| self.escaping.undo(cell).into_owned()).collect();
            self.listed.insert(cells[4].clone(), (cells[6].clone(), cells[9].clone()));
        }
        Ok(())
    }

    fn fault(&self, line: u64, fault: RowFault) -> ImportError {
        ImportError::Row { file: self.name.to_owned(), line, fault }
    }
}
