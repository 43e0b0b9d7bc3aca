//! The encoding of rows in a source's blocks. A block is a row of *frames*; a frame has a header (rows `u32`, bytes of lengths `u32`,
//! bytes of text `u64`, little-endian), then the length of every cell as LEB128, then all cells' text joined. A frame's text is checked
//! once, as a whole, and its cells are slices of it. A row over [`LONG_ROW`] has a frame of its own, which is read in parts, so that memory
//! stays the same whatever the size of a cell.

use bytes::{Buf, BytesMut};

/// Bytes of text from which a row has a frame of its own and is read in parts.
pub const LONG_ROW: usize = 1 << 20;
/// Bytes of text at which a frame is ended: it stays in the processor's cache.
pub(super) const FRAME: usize = 64 << 10;
pub(super) const HEADER: usize = 16;
/// Most bytes of a length in LEB128.
const LONGEST_LENGTH: usize = 10;

/// What a source yields: many whole rows, or a part of one cell of a long row.
#[derive(Debug, Clone)]
pub enum RowPiece {
    /// Whole rows.
    Rows(RowPage),
    /// A part of a cell. The parts of a row follow one another, column by column, with nothing between.
    Cell(CellPart),
}

impl RowPiece {
    /// Rows that end in it.
    pub fn rows(&self) -> u64 {
        match self {
            Self::Rows(page) => page.rows(),
            Self::Cell(part) => u64::from(part.ends_row),
        }
    }

    /// Bytes of text.
    pub fn size(&self) -> u64 {
        match self {
            Self::Rows(page) => page.text.len() as u64,
            Self::Cell(part) => part.text.len() as u64,
        }
    }
}

/// Some consecutive whole rows of one module.
#[derive(Debug, Clone)]
pub struct RowPage {
    text: String,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    columns: usize,
}

/// A part of one cell of a long row. A cell of up to [`LONG_ROW`] bytes comes as one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellPart {
    /// The cell's column, from 0.
    pub column: usize,
    /// Bytes of the whole cell.
    pub cell_bytes: u64,
    /// This part of it: of a longer cell, at least half of [`LONG_ROW`] unless it is the last.
    pub text: String,
    /// Whether the cell begins here.
    pub starts: bool,
    /// Whether it ends here.
    pub ends: bool,
    /// Whether its row ends here.
    pub ends_row: bool,
}

/// A block whose bytes do not follow the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of rows is damaged")]
pub struct DamagedRows;

impl RowPage {
    fn decode(rows: u32, lengths: &[u8], text: &[u8], columns: usize) -> Result<Self, DamagedRows> {
        let text = simdutf8::basic::from_utf8(text).map_err(|_| DamagedRows)?.to_owned();
        let ends = ends(lengths, text.len() as u64)?;
        let is_whole = ends.len() == rows as usize * columns && ends.iter().all(|end| text.is_char_boundary(*end));
        if is_whole { Ok(Self { text, ends, columns }) } else { Err(DamagedRows) }
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        (self.ends.len() / self.columns) as u64
    }

    /// Calls `each` with every row's cells, in order; stops at the first error.
    pub fn for_each<E>(&self, mut each: impl FnMut(&[&str]) -> Result<(), E>) -> Result<(), E> {
        let mut cells: Vec<&str> = Vec::with_capacity(self.columns);
        let mut start = 0;
        for row in self.ends.chunks_exact(self.columns) {
            cells.clear();
            for &end in row {
                cells.push(&self.text[start..end]);
                start = end;
            }
            each(&cells)?;
        }
        Ok(())
    }

    /// Drops rows from the front and keeps at most `take` of the others.
    #[must_use]
    pub fn slice(&self, skip: u64, take: u64) -> Self {
        let first = usize::try_from(skip.min(self.rows())).unwrap_or(0) * self.columns;
        let cells = usize::try_from(take.min(self.rows())).unwrap_or(0) * self.columns;
        let kept = &self.ends[first..(first + cells).min(self.ends.len())];
        let start = if first == 0 { 0 } else { self.ends[first - 1] };
        let end = kept.last().copied().unwrap_or(start);
        let ends = kept.iter().map(|end| end - start).collect();
        Self { text: self.text[start..end].to_owned(), ends, columns: self.columns }
    }
}

/// Decodes a block as its bytes arrive, in pieces of any size.
#[derive(Debug)]
pub struct RowDecoder {
    columns: usize,
    waiting: BytesMut,
    long: Option<LongRow>,
}

impl RowDecoder {
    /// A decoder for rows of so many cells.
    pub fn new(columns: usize) -> Self {
        Self { columns: columns.max(1), waiting: BytesMut::new(), long: None }
    }

    /// Adds bytes of the block.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next piece, as far as its bytes are there.
    pub fn piece(&mut self) -> Result<Option<RowPiece>, DamagedRows> {
        if self.long.is_none() {
            let Some(header) = Header::read(&self.waiting) else { return Ok(None) };
            let (lengths, text) = header.sizes(self.columns)?;
            if text <= LONG_ROW + FRAME {
                let whole = HEADER + lengths + text;
                if self.waiting.len() < whole {
                    return Ok(None);
                }
                let frame = self.waiting.split_to(whole);
                let (lengths, text) = frame[HEADER..].split_at(lengths);
                return RowPage::decode(header.rows, lengths, text, self.columns).map(RowPiece::Rows).map(Some);
            }
            if self.waiting.len() < HEADER + lengths {
                return Ok(None);
            }
            self.waiting.advance(HEADER);
            self.long = Some(LongRow::new(&self.waiting.split_to(lengths), header, self.columns)?);
        }
        let Some(long) = &mut self.long else { return Ok(None) };
        let part = long.part(&mut self.waiting)?;
        if part.as_ref().is_some_and(|part| part.ends_row) {
            self.long = None;
        }
        Ok(part.map(RowPiece::Cell))
    }

    /// Whether every byte was used; to be asked at the end.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.long.is_none()
    }
}

struct Header {
    rows: u32,
    lengths: u32,
    text: u64,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut header = bytes.get(..HEADER)?;
        Some(Self { rows: header.get_u32_le(), lengths: header.get_u32_le(), text: header.get_u64_le() })
    }

    /// Bytes of lengths and of text, as far as there can be such a frame.
    fn sizes(&self, columns: usize) -> Result<(usize, usize), DamagedRows> {
        let (lengths, text) = (self.lengths as usize, usize::try_from(self.text).map_err(|_| DamagedRows)?);
        let is_long = text > LONG_ROW + FRAME;
        let most = if is_long { columns * LONGEST_LENGTH } else { FRAME + columns * LONGEST_LENGTH };
        let is_possible = self.rows > 0 && lengths <= most && (!is_long || self.rows == 1);
        if is_possible { Ok((lengths, text)) } else { Err(DamagedRows) }
    }
}

/// A long row on its way.
#[derive(Debug)]
struct LongRow {
    ends: Vec<usize>,
    column: usize,
    /// Bytes of text passed on.
    at: usize,
}

impl LongRow {
    fn new(lengths: &[u8], header: Header, columns: usize) -> Result<Self, DamagedRows> {
        let ends = ends(lengths, header.text)?;
        if ends.len() == columns { Ok(Self { ends, column: 0, at: 0 }) } else { Err(DamagedRows) }
    }

    fn part(&mut self, waiting: &mut BytesMut) -> Result<Option<CellPart>, DamagedRows> {
        let end = self.ends[self.column];
        let start = self.column.checked_sub(1).map_or(0, |before| self.ends[before]);
        let wanted = (end - self.at).min(LONG_ROW);
        let Some(bytes) = waiting.get(..wanted) else { return Ok(None) };
        let is_rest = wanted == end - self.at;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // A character that goes on in the next part.
            Err(cut) if cut.error_len().is_none() && !is_rest => {
                std::str::from_utf8(&bytes[..cut.valid_up_to()]).map_err(|_| DamagedRows)?
            }
            Err(_) => return Err(DamagedRows),
        };
        let text = text.to_owned();
        waiting.advance(text.len());
        let ends_row = is_rest && self.column + 1 == self.ends.len();
        let (column, starts) = (self.column, self.at == start);
        self.at += text.len();
        self.column += usize::from(is_rest);
        Ok(Some(CellPart { column, cell_bytes: (end - start) as u64, text, starts, ends: is_rest, ends_row }))
    }
}

/// The sums of LEB128 lengths; the last is the bytes of the text.
fn ends(lengths: &[u8], text: u64) -> Result<Vec<usize>, DamagedRows> {
    let mut ends = Vec::with_capacity(lengths.len());
    let (mut end, mut length, mut shift) = (0u64, 0u64, 0u32);
    for &byte in lengths {
        length |= u64::from(byte & 0x7F).checked_shl(shift).ok_or(DamagedRows)?;
        if byte & 0x80 != 0 {
            shift += 7;
            continue;
        }
        end = end.checked_add(length).filter(|end| *end <= text).ok_or(DamagedRows)?;
        ends.push(end as usize);
        (length, shift) = (0, 0);
    }
    if shift == 0 && end == text { Ok(ends) } else { Err(DamagedRows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::row_encoder::RowEncoder;
    use proptest::prelude::*;

    /// All rows of the pieces; a long row's parts are joined.
    fn rows_of(pieces: &[RowPiece], columns: usize) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut long = vec![String::new(); columns];
        for piece in pieces {
            match piece {
                RowPiece::Rows(page) => page
                    .for_each(|cells| {
                        rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
                        Ok::<(), std::convert::Infallible>(())
                    })
                    .expect("infallible"),
                RowPiece::Cell(part) => {
                    long[part.column].push_str(&part.text);
                    if part.ends_row {
                        rows.push(std::mem::replace(&mut long, vec![String::new(); columns]));
                    }
                }
            }
        }
        rows
    }

    fn encode(rows: &[Vec<String>]) -> bytes::Bytes {
        let mut encoder = RowEncoder::default();
        for row in rows {
            encoder.push(&row.iter().map(String::as_str).collect::<Vec<_>>());
        }
        encoder.take()
    }

    fn decode(block: &[u8], columns: usize, chunk: usize) -> Result<Vec<RowPiece>, DamagedRows> {
        let mut decoder = RowDecoder::new(columns);
        let mut pieces = Vec::new();
        for bytes in block.chunks(chunk) {
            decoder.push(bytes);
            while let Some(piece) = decoder.piece()? {
                pieces.push(piece);
            }
        }
        if decoder.is_empty() { Ok(pieces) } else { Err(DamagedRows) }
    }

    proptest! {
        #[test]
        fn any_rows_come_back_in_chunks_of_any_size(
            rows in proptest::collection::vec(proptest::collection::vec(any::<String>(), 3), 0..20),
            chunk in 1usize..200,
        ) {
            let pieces = decode(&encode(&rows), 3, chunk).expect("valid");
            prop_assert_eq!(rows_of(&pieces, 3), rows);
        }

        #[test]
        fn any_slice_of_a_page_is_its_rows(
            rows in proptest::collection::vec(proptest::collection::vec(any::<String>(), 2), 1..20),
            skip in 0u64..25,
            take in 0u64..25,
        ) {
            let pieces = decode(&encode(&rows), 2, usize::MAX).expect("valid");
            let [RowPiece::Rows(page)] = pieces.as_slice() else { panic!("one page") };
            let expected: Vec<_> = rows.iter().skip(skip as usize).take(take as usize).cloned().collect();
            prop_assert_eq!(rows_of(&[RowPiece::Rows(page.slice(skip, take))], 2), expected);
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), flip in any::<u8>(), at in 0usize..60) {
            let _ = decode(&bytes, 2, 7);
            let mut block = encode(&[vec!["あ".to_owned(), "b".to_owned()], vec![String::new(), "い".to_owned()]]).to_vec();
            if let Some(byte) = block.get_mut(at) {
                *byte ^= flip;
            }
            if let Ok(pieces) = decode(&block, 2, usize::MAX) {
                prop_assert_eq!(rows_of(&pieces, 2).len() as u64, pieces.iter().map(RowPiece::rows).sum::<u64>());
            }
        }
    }

    #[test]
    fn a_cell_of_ten_megabytes_comes_in_parts_between_its_neighbours() {
        let big = "あ".repeat(10_000_000 / 3);
        let rows: Vec<Vec<String>> =
            [["1", "short", ""], ["2", &big, "after"], ["3", "", &big]].map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let pieces = decode(&encode(&rows), 3, 10_007).expect("valid");
        assert!(pieces.iter().all(|piece| piece.size() <= LONG_ROW as u64));
        assert_eq!(rows_of(&pieces, 3), rows);
    }
}
