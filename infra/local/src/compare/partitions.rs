//! Temporary files for rows, divided by a hash of their keys, so that rows with the same key are in the same file. The files
//! have no names and vanish with the process.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufReader, BufWriter, Error, ErrorKind, Read, Seek, Write};

use super::error::CompareError;
use super::row_bytes::RowBytes;

/// Number of files of a level.
const FILES: u64 = 64;
/// Buffer of a file that is written.
const BUFFER: usize = 32 << 10;
/// Buffer of a file that is read.
const READ_BUFFER: usize = 256 << 10;
/// From this level on, rows are divided by all of their cells: so many have the same key that they do not fit into memory.
const BY_ROW: u32 = 2;
/// Number of levels. Files of the last one are read into memory as they are; with 64 files a level there is no end.
pub const MAX_LEVEL: u32 = 5;

/// The files of a level.
pub struct Partitions {
    files: Vec<BufWriter<File>>,
    level: u32,
}

impl Partitions {
    pub fn new(level: u32) -> Result<Self, Error> {
        let file = |_| Ok(BufWriter::with_capacity(BUFFER, tempfile::tempfile()?));
        Ok(Self { files: (0..FILES).map(file).collect::<Result<_, Error>>()?, level })
    }

    /// Whether a level divides rows by all of their cells.
    pub fn is_by_row(level: u32) -> bool {
        level >= BY_ROW
    }

    pub fn write(&mut self, row: RowBytes<'_>, count: i64) -> Result<(), Error> {
        let at = self.place(row);
        let file = &mut self.files[at];
        file.write_all(&count.to_le_bytes())?;
        file.write_all(&(row.0.len() as u64).to_le_bytes())?;
        file.write_all(row.0)
    }

    fn place(&self, row: RowBytes<'_>) -> usize {
        let mut hasher = DefaultHasher::new();
        hasher.write_u32(self.level);
        hasher.write(if Self::is_by_row(self.level) || row.is_keyless() { row.0 } else { row.key() });
        (hasher.finish() % FILES) as usize
    }

    /// Reads one file after the other.
    pub fn read_each(self, mut take: impl FnMut(PartitionRows) -> Result<(), CompareError>) -> Result<(), CompareError> {
        for file in self.files {
            take(PartitionRows::open(file).map_err(CompareError::scratch)?)?;
        }
        Ok(())
    }
}

/// The rows of a file.
pub struct PartitionRows {
    file: BufReader<File>,
    left: u64,
}

impl PartitionRows {
    fn open(file: BufWriter<File>) -> Result<Self, Error> {
        let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let left = file.stream_position()?;
        file.rewind()?;
        Ok(Self { file: BufReader::with_capacity(READ_BUFFER, file), left })
    }

    /// Passes all rows on.
    pub fn for_each(mut self, mut take: impl FnMut(RowBytes<'_>, i64) -> Result<(), CompareError>) -> Result<(), CompareError> {
        let mut row = Vec::new();
        while self.left > 0 {
            let count = self.read(&mut row).map_err(CompareError::scratch)?;
            take(RowBytes(&row), count)?;
        }
        Ok(())
    }

    fn read(&mut self, row: &mut Vec<u8>) -> Result<i64, Error> {
        let count = i64::from_le_bytes(self.number()?);
        let length = u64::from_le_bytes(self.number()?);
        row.clear();
        if (&mut self.file).take(length).read_to_end(row)? as u64 != length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(16 + length);
        Ok(count)
    }

    fn number(&mut self) -> Result<[u8; 8], Error> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
