//! A row of a block as it is written. Blocks hold CSV of our own in its default form ([`crate::archive::csv`]), so that a row is split without a
//! parser's state.

use std::borrow::Cow;

use crate::archive::cells::undo;
use crate::archive::csv::is_null;

/// The cells of a written row, without its line break.
pub(super) struct RawCells<'a> {
    rest: Option<&'a str>,
    is_only: bool,
}

/// Splits a row of `columns` columns.
pub(super) fn raw_cells(row: &str, columns: usize) -> RawCells<'_> {
    RawCells { rest: Some(row.strip_suffix("\r\n").unwrap_or(row)), is_only: columns <= 1 }
}

impl<'a> Iterator for RawCells<'a> {
    /// The value of a cell; `None` for NULL.
    type Item = Option<Cow<'a, str>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let is_quoted = rest.starts_with('"');
        let end = if is_quoted { end_of_quoted(rest) } else { rest.find(',').unwrap_or(rest.len()) };
        self.rest = rest[end..].strip_prefix(',');
        let written = &rest[..end];
        if !is_quoted {
            return Some((!is_null(written, false, self.is_only)).then(|| undo(written)));
        }
        let inside = written.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(written);
        if inside.contains("\"\"") {
            return Some(Some(Cow::Owned(undo(&inside.replace("\"\"", "\"")).into_owned())));
        }
        Some(Some(undo(inside)))
    }
}

/// Returns the end of a quoted cell, behind its last quotation mark.
fn end_of_quoted(text: &str) -> usize {
    let mut from = 1;
    while let Some(at) = memchr::memchr(b'"', &text.as_bytes()[from.min(text.len())..]) {
        let behind = from + at + 1;
        if text.as_bytes().get(behind) != Some(&b'"') {
            return behind;
        }
        from = behind + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::csv::{CsvOptions, CsvWriter};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_written_row_comes_back(cells in proptest::collection::vec(proptest::option::of("[ab=',\"\r\n␀␍あ0-9\0]{0,6}"), 1..5)) {
            let mut writer = CsvWriter::new(CsvOptions::default(), Vec::new());
            writer.row(cells.iter().map(Option::as_deref));
            let row = std::str::from_utf8(writer.written()).expect("text");
            let read: Vec<_> = raw_cells(row, cells.len()).map(|cell| cell.map(Cow::into_owned)).collect();
            prop_assert_eq!(read, cells);
        }
    }
}
