//! Decodes the rows of a block as [`super::frames`] describes them.

use bytes::{Buf, BytesMut};

use super::frames::{FRAME, HEADER, MAX_LENGTH_BYTES};
use crate::domain::rows::{CellPart, LONG_ROW, RowPage, RowPiece};

/// Error returned when the bytes of a block violate the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of rows is damaged")]
pub struct DamagedRows;

/// Decodes a block incrementally, from chunks of any size.
#[derive(Debug)]
pub struct RowDecoder {
    columns: usize,
    waiting: BytesMut,
    long: Option<LongRow>,
}

impl RowDecoder {
    /// Creates a decoder for rows of `columns` cells.
    pub fn new(columns: usize) -> Self {
        Self { columns: columns.max(1), waiting: BytesMut::new(), long: None }
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
                return page(header.rows, lengths, text, self.columns).map(RowPiece::Rows).map(Some);
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
    ends: Vec<usize>,
    column: usize,
    /// Bytes of text passed on so far.
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
            // The part cuts through a character, which the next part will contain.
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
        Ok(Some(CellPart { column, cell_bytes: (end - start) as u64, text, is_null: false, starts, ends: is_rest, ends_row }))
    }
}

/// Decodes a complete frame.
fn page(rows: u32, lengths: &[u8], text: &[u8], columns: usize) -> Result<RowPage, DamagedRows> {
    let text = simdutf8::basic::from_utf8(text).map_err(|_| DamagedRows)?.to_owned();
    let ends = ends(lengths, text.len() as u64)?;
    let page = RowPage::from_text(text, ends, columns);
    page.ok().filter(|page| page.rows() == u64::from(rows)).ok_or(DamagedRows)
}

/// Returns the running sums of LEB128 lengths. The last sum must equal the size of the text.
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
    use crate::snapshots::encoder::RowEncoder;
    use proptest::prelude::*;

    /// Decodes all rows and joins the parts of long ones.
    fn rows_of(pieces: &[RowPiece], columns: usize) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut long = vec![String::new(); columns];
        for piece in pieces {
            match piece {
                RowPiece::Rows(page) => page
                    .for_each(|cells| {
                        rows.push(cells.iter().map(|cell| cell.expect("text").to_owned()).collect());
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
