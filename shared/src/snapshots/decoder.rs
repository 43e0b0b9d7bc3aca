//! Decodes the rows of a block as [`super::frames`] describes them.

use bytes::{Buf, BytesMut};

use super::frames::{FRAME, HEADER, MAX_LENGTH_BYTES};
use super::index::WITHOUT_NULL;
use crate::domain::rows::{CellPart, LONG_ROW, RowPage, RowPiece};

/// Error returned when the bytes of a block violate the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of rows is damaged")]
pub struct DamagedRows;

/// Decodes a block incrementally, from chunks of any size.
#[derive(Debug)]
pub struct RowDecoder {
    columns: usize,
    has_null: bool,
    waiting: BytesMut,
    long: Option<LongRow>,
}

impl RowDecoder {
    /// Creates a decoder for rows of `columns` cells in the given encoding.
    pub fn new(columns: usize, encoding: u32) -> Self {
        Self { columns: columns.max(1), has_null: encoding != WITHOUT_NULL, waiting: BytesMut::new(), long: None }
    }

    /// Appends bytes of the block.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Decodes the next piece; `None` if more bytes are needed.
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
                return page(header.rows, Cells::read(lengths, header.text, self.has_null)?, text, self.columns)
                    .map(RowPiece::Rows)
                    .map(Some);
            }
            if self.waiting.len() < HEADER + lengths {
                return Ok(None);
            }
            self.waiting.advance(HEADER);
            let cells = Cells::read(&self.waiting.split_to(lengths), header.text, self.has_null)?;
            self.long = Some(LongRow::new(cells, self.columns)?);
        }
        let Some(long) = &mut self.long else { return Ok(None) };
        let part = long.part(&mut self.waiting)?;
        if part.as_ref().is_some_and(|part| part.ends_row) {
            self.long = None;
        }
        Ok(part.map(RowPiece::Cell))
    }

    /// Whether all bytes were consumed.
    #[cfg(test)]
    fn is_empty(&self) -> bool {
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

    /// Returns the sizes of lengths and text in bytes, after checking that a writer can have produced them.
    fn sizes(&self, columns: usize) -> Result<(usize, usize), DamagedRows> {
        let (lengths, text) = (self.lengths as usize, usize::try_from(self.text).map_err(|_| DamagedRows)?);
        let is_long = text > LONG_ROW + FRAME;
        let most = if is_long { columns * MAX_LENGTH_BYTES } else { FRAME + columns * MAX_LENGTH_BYTES };
        let is_possible = self.rows > 0 && lengths <= most && (!is_long || self.rows == 1);
        if is_possible { Ok((lengths, text)) } else { Err(DamagedRows) }
    }
}

/// Progress through a long row.
#[derive(Debug)]
struct LongRow {
    cells: Cells,
    column: usize,
    /// Bytes of text passed on so far.
    at: usize,
}

impl LongRow {
    fn new(cells: Cells, columns: usize) -> Result<Self, DamagedRows> {
        if cells.ends.len() == columns { Ok(Self { cells, column: 0, at: 0 }) } else { Err(DamagedRows) }
    }

    fn part(&mut self, waiting: &mut BytesMut) -> Result<Option<CellPart>, DamagedRows> {
        let ends = &self.cells.ends;
        let end = ends[self.column];
        let start = self.column.checked_sub(1).map_or(0, |before| ends[before]);
        let wanted = (end - self.at).min(LONG_ROW);
        let Some(bytes) = waiting.get(..wanted) else { return Ok(None) };
        let is_rest = wanted == end - self.at;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // The part cuts through a character, which the next part will contain.
            Err(cut) if cut.error_len().is_none() && !is_rest => {
                std::str::from_utf8(&bytes[..cut.valid_up_to()]).map_err(|_| DamagedRows)?
            }
            Err(_) => return Err(DamagedRows),
        };
        let text = text.to_owned();
        waiting.advance(text.len());
        let ends_row = is_rest && self.column + 1 == ends.len();
        let (column, starts) = (self.column, self.at == start);
        let is_null = self.cells.nulls.binary_search(&column).is_ok();
        self.at += text.len();
        self.column += usize::from(is_rest);
        Ok(Some(CellPart { column, cell_bytes: (end - start) as u64, text, is_null, starts, ends: is_rest, ends_row }))
    }
}

/// Decodes a complete frame.
fn page(rows: u32, cells: Cells, text: &[u8], columns: usize) -> Result<RowPage, DamagedRows> {
    let text = simdutf8::basic::from_utf8(text).map_err(|_| DamagedRows)?.to_owned();
    let page = RowPage::from_text(text, cells.ends, cells.nulls, columns);
    page.ok().filter(|page| page.rows() == u64::from(rows)).ok_or(DamagedRows)
}

/// Where the cells of a frame end in its text, and which are NULL.
#[derive(Debug, Default)]
struct Cells {
    ends: Vec<usize>,
    /// Indexes, ascending.
    nulls: Vec<usize>,
}

impl Cells {
    /// Reads LEB128 lengths. They must add up to the size of the text.
    fn read(lengths: &[u8], text: u64, has_null: bool) -> Result<Self, DamagedRows> {
        let mut cells = Self { ends: Vec::with_capacity(lengths.len()), nulls: Vec::new() };
        let (mut end, mut stored, mut shift) = (0u64, 0u64, 0u32);
        for &byte in lengths {
            stored |= u64::from(byte & 0x7F).checked_shl(shift).ok_or(DamagedRows)?;
            if byte & 0x80 != 0 {
                shift += 7;
                continue;
            }
            if stored == 0 {
                cells.nulls.push(cells.ends.len());
            }
            let length = stored.saturating_sub(u64::from(has_null));
            end = end.checked_add(length).filter(|end| *end <= text).ok_or(DamagedRows)?;
            cells.ends.push(end as usize);
            (stored, shift) = (0, 0);
        }
        if shift == 0 && end == text { Ok(cells) } else { Err(DamagedRows) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshots::encoder::RowEncoder;
    use crate::snapshots::index::ENCODING;
    use proptest::prelude::*;

    type Row = Vec<Option<String>>;

    /// Decodes all rows and joins the parts of long ones.
    fn rows_of(pieces: &[RowPiece], columns: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut long = vec![Some(String::new()); columns];
        for piece in pieces {
            match piece {
                RowPiece::Rows(page) => page
                    .for_each(|cells| {
                        rows.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
                        Ok::<(), std::convert::Infallible>(())
                    })
                    .expect("infallible"),
                RowPiece::Cell(part) => {
                    match &mut long[part.column] {
                        null if part.is_null => *null = None,
                        Some(text) => text.push_str(&part.text),
                        None => panic!("a part of a NULL cell"),
                    }
                    if part.ends_row {
                        rows.push(std::mem::replace(&mut long, vec![Some(String::new()); columns]));
                    }
                }
            }
        }
        rows
    }

    fn encode(rows: &[Row]) -> bytes::Bytes {
        let mut encoder = RowEncoder::default();
        for row in rows {
            encoder.push(&row.iter().map(Option::as_deref).collect::<Vec<_>>());
        }
        encoder.take()
    }

    fn row(cells: &[Option<&str>]) -> Row {
        cells.iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    fn decode(block: &[u8], columns: usize, chunk: usize) -> Result<Vec<RowPiece>, DamagedRows> {
        let mut decoder = RowDecoder::new(columns, ENCODING);
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
            rows in proptest::collection::vec(proptest::collection::vec(any::<Option<String>>(), 3), 0..20),
            chunk in 1usize..200,
        ) {
            let pieces = decode(&encode(&rows), 3, chunk).expect("valid");
            prop_assert_eq!(rows_of(&pieces, 3), rows);
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), flip in any::<u8>(), at in 0usize..60) {
            let _ = decode(&bytes, 2, 7);
            let mut block = encode(&[row(&[Some("あ"), Some("b")]), row(&[Some(""), None])]).to_vec();
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
        let rows =
            [row(&[Some("1"), Some("short"), Some("")]), row(&[Some("2"), Some(&big), None]), row(&[None, Some(""), Some(&big)])];
        let pieces = decode(&encode(&rows), 3, 10_007).expect("valid");
        assert!(pieces.iter().all(|piece| piece.size() <= LONG_ROW as u64));
        assert_eq!(rows_of(&pieces, 3), rows);
    }

    #[test]
    fn empty_cells_of_the_encoding_without_null_are_null() {
        let mut decoder = RowDecoder::new(2, WITHOUT_NULL);
        let frame = [&1u32.to_le_bytes()[..], &2u32.to_le_bytes(), &1u64.to_le_bytes(), &[1, 0], b"a"].concat();
        decoder.push(&frame);
        let piece = decoder.piece().expect("valid").expect("whole");
        assert_eq!(rows_of(&[piece], 2), [row(&[Some("a"), None])]);
    }
}
