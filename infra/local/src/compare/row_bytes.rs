//! Rows as bytes: the cells of the key, then the other cells that both backups have. Equal rows have equal bytes.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Bytes of the length before the key.
const KEY_LENGTH: usize = 4;

/// A row as bytes.
#[derive(Debug, Clone, Copy)]
pub struct RowBytes<'a>(pub &'a [u8]);

/// Appends a row to a buffer.
pub fn append<'a>(
    buffer: &mut Vec<u8>,
    key: impl Iterator<Item = Option<&'a str>>,
    cells: impl Iterator<Item = Option<&'a str>>,
) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; KEY_LENGTH]);
    key.for_each(|cell| append_cell(buffer, cell));
    // A row is smaller than 128 MiB.
    let length = (buffer.len() - start - KEY_LENGTH) as u32;
    buffer[start..start + KEY_LENGTH].copy_from_slice(&length.to_le_bytes());
    cells.for_each(|cell| append_cell(buffer, cell));
}

fn append_cell(buffer: &mut Vec<u8>, cell: Option<&str>) {
    let mut number = cell.map_or(0, |text| text.len() + 1);
    while number >= 0x80 {
        buffer.push(number as u8 | 0x80);
        number >>= 7;
    }
    buffer.push(number as u8);
    buffer.extend_from_slice(cell.unwrap_or_default().as_bytes());
}

impl<'a> RowBytes<'a> {
    /// The bytes of the key's cells.
    pub fn key(self) -> &'a [u8] {
        self.parts().0
    }

    /// The cells of the key.
    pub fn key_cells(self) -> RowCells<'a> {
        RowCells(self.parts().0)
    }

    /// The cells outside the key.
    pub fn cells(self) -> RowCells<'a> {
        RowCells(self.parts().1)
    }

    /// Whether the row has no key, so that nothing but its contents identifies it.
    pub fn is_keyless(self) -> bool {
        self.key_cells().all(|cell| cell.is_none_or(|text| text.is_empty()))
    }

    /// Compares keys in the order of usual files: numbers by value, texts by their bytes.
    pub fn cmp_key(self, other: RowBytes<'_>) -> Ordering {
        let mut others = other.key_cells();
        for cell in self.key_cells() {
            let order = cmp_cells(cell.as_deref(), others.next().flatten().as_deref());
            if order.is_ne() {
                return order;
            }
        }
        self.key().cmp(other.key())
    }

    fn parts(self) -> (&'a [u8], &'a [u8]) {
        let (length, rest) = self.0.split_first_chunk().unwrap_or((&[0; KEY_LENGTH], self.0));
        let length = u32::from_le_bytes(*length) as usize;
        rest.split_at_checked(length).unwrap_or((rest, &[]))
    }
}

fn cmp_cells(one: Option<&str>, other: Option<&str>) -> Ordering {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (one, other) {
        (Some(one), Some(other)) if is_number(one) && is_number(other) => {
            let value = |text: &'_ str| text.trim_start_matches('0').len();
            value(one).cmp(&value(other)).then_with(|| one.trim_start_matches('0').cmp(other.trim_start_matches('0')))
        }
        (one, other) => one.cmp(&other),
    }
}

/// Iterates over cells, `None` for NULL.
#[derive(Debug, Clone, Copy)]
pub struct RowCells<'a>(&'a [u8]);

impl<'a> Iterator for RowCells<'a> {
    type Item = Option<Cow<'a, str>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut number, mut shift) = (0_usize, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let Some(length) = number.checked_sub(1) else { return Some(None) };
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(String::from_utf8_lossy(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &[Option<&str>], cells: &[Option<&str>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(&mut bytes, key.iter().copied(), cells.iter().copied());
        bytes
    }

    #[test]
    fn cells_come_back_and_null_is_not_the_empty_text() {
        let long = "x".repeat(70_000);
        let bytes = row(&[Some("7")], &[None, Some(""), Some("a,\"b\"\n"), Some(&long)]);
        let found: Vec<_> = RowBytes(&bytes).cells().map(|cell| cell.map(Cow::into_owned)).collect();
        assert_eq!(found, [None, Some(String::new()), Some("a,\"b\"\n".to_owned()), Some(long)]);
        assert_ne!(row(&[], &[None]), row(&[], &[Some("")]));
        assert_ne!(row(&[], &[Some("a"), Some("b")]), row(&[], &[Some("ab"), None]));
    }

    #[test]
    fn keys_are_in_the_order_of_numbers() {
        let order = |one: &str, other: &str| RowBytes(&row(&[Some(one)], &[])).cmp_key(RowBytes(&row(&[Some(other)], &[])));
        assert_eq!(order("9", "10"), Ordering::Less);
        assert_eq!(order("b", "a"), Ordering::Greater);
        assert_eq!(order("7", "7"), Ordering::Equal);
        assert_ne!(order("07", "7"), Ordering::Equal);
    }

    #[test]
    fn a_row_whose_key_is_empty_has_none() {
        for (key, expected) in [(&[None][..], true), (&[Some("")], true), (&[], true), (&[Some("1")], false)] {
            assert_eq!(RowBytes(&row(key, &[Some("a")])).is_keyless(), expected, "{key:?}");
        }
    }
}
