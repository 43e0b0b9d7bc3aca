//! The encoding of rows between a source and the archive: each cell is a LEB128 length and that many bytes of UTF-8.
//! A page holds whole rows; every row has the same number of cells. Decoding copies nothing.

use bytes::Bytes;

/// Some consecutive rows of one module.
#[derive(Debug, Clone)]
pub struct RowPage {
    bytes: Bytes,
    columns: usize,
    rows: u64,
}

/// A page whose bytes do not follow the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page of rows is damaged at byte {at}")]
pub struct DamagedPage {
    /// Where.
    pub at: usize,
}

impl RowPage {
    /// Takes encoded rows after checking all of them.
    pub fn decode(bytes: Bytes, columns: usize) -> Result<Self, DamagedPage> {
        let mut rows = 0;
        let mut at = 0;
        while at < bytes.len() {
            for _ in 0..columns.max(1) {
                at = cell_at(&bytes, at)?.1;
            }
            rows += 1;
        }
        Ok(Self { bytes, columns, rows })
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the encoding.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Calls `each` with every row's cells, in order; stops at the first error.
    pub fn for_each<E>(&self, mut each: impl FnMut(&[&str]) -> Result<(), E>) -> Result<(), E> {
        let mut cells: Vec<&str> = Vec::with_capacity(self.columns);
        let mut at = 0;
        for _ in 0..self.rows {
            cells.clear();
            for _ in 0..self.columns.max(1) {
                // `decode` has checked every cell.
                let Ok((cell, next)) = cell_at(&self.bytes, at) else { return Ok(()) };
                cells.push(cell);
                at = next;
            }
            each(&cells)?;
        }
        Ok(())
    }

    /// Drops rows from the front and keeps at most `take` of the others.
    #[must_use]
    pub fn slice(&self, skip: u64, take: u64) -> Self {
        let skip = skip.min(self.rows);
        let take = take.min(self.rows - skip);
        let start = self.offset_of(skip, 0);
        let end = self.offset_of(take, start);
        Self { bytes: self.bytes.slice(start..end), columns: self.columns, rows: take }
    }

    fn offset_of(&self, rows: u64, mut at: usize) -> usize {
        for _ in 0..rows * self.columns.max(1) as u64 {
            at = cell_at(&self.bytes, at).map_or(self.bytes.len(), |(_, next)| next);
        }
        at
    }
}

/// Appends a row's cells to an encoded page.
pub fn push_row<'a>(page: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for cell in cells {
        let mut length = cell.len();
        while length >= 0x80 {
            page.push((length & 0x7F) as u8 | 0x80);
            length >>= 7;
        }
        page.push(length as u8);
        page.extend_from_slice(cell.as_bytes());
    }
}

fn cell_at(bytes: &[u8], start: usize) -> Result<(&str, usize), DamagedPage> {
    let damaged = DamagedPage { at: start };
    let mut at = start;
    let mut length = 0usize;
    for shift in (0..u32::from(u8::MAX)).step_by(7) {
        let byte = *bytes.get(at).ok_or(damaged)?;
        at += 1;
        let bits = usize::from(byte & 0x7F).checked_shl(shift).ok_or(damaged)?;
        length |= bits;
        if byte & 0x80 == 0 {
            let end = at.checked_add(length).ok_or(damaged)?;
            let cell = bytes.get(at..end).ok_or(damaged)?;
            return std::str::from_utf8(cell).map(|cell| (cell, end)).map_err(|_| damaged);
        }
    }
    Err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_rows(page: &RowPage) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        page.for_each(|cells| {
            rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
            Ok::<(), std::convert::Infallible>(())
        })
        .expect("infallible");
        rows
    }

    proptest! {
        #[test]
        fn any_rows_come_back_and_any_slice_is_theirs(
            rows in proptest::collection::vec(proptest::collection::vec(any::<String>(), 3), 0..20),
            skip in 0u64..25,
            take in 0u64..25,
        ) {
            let mut bytes = Vec::new();
            for row in &rows {
                push_row(&mut bytes, row.iter().map(String::as_str));
            }
            let page = RowPage::decode(bytes.into(), 3).expect("valid");
            prop_assert_eq!(&all_rows(&page), &rows);
            let expected: Vec<_> = rows.iter().skip(skip as usize).take(take as usize).cloned().collect();
            prop_assert_eq!(all_rows(&page.slice(skip, take)), expected);
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(page) = RowPage::decode(bytes.into(), 2) {
                prop_assert_eq!(all_rows(&page).len() as u64, page.rows());
            }
        }
    }

    #[test]
    fn a_cell_of_ten_megabytes_survives() {
        let big = "あ".repeat(10_000_000 / 3);
        let mut bytes = Vec::new();
        push_row(&mut bytes, [big.as_str()]);
        let page = RowPage::decode(bytes.into(), 1).expect("valid");
        assert_eq!(all_rows(&page), vec![vec![big]]);
    }
}
