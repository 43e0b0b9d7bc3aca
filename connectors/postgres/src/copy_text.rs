//! The text format of COPY: a row is a line, cells are separated by tabs, NULL is `\N`, and a backslash stands in front
//! of what would be mistaken (PostgreSQL documentation, "COPY", "Text Format").

use hozon_shared::domain::rows::{RowBuffer, RowPage, UnevenRows};
use memchr::{memchr2_iter, memrchr};

/// NULL, which is no text: the backslash of a text is written twice.
const NULL: &str = "\\N";

/// Errors of a line that COPY has sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("a row is not UTF-8")]
    NotUtf8(#[from] simdutf8::basic::Utf8Error),
    #[error("a row has the wrong number of cells")]
    Cells(#[from] UnevenRows),
}

/// Appends the row of a line to `page`, if need be by way of `row`. A table without columns has one empty line for each row. Where
/// `address` is given, it takes the last cell, which is then none of the row.
pub(crate) fn read(line: &[u8], row: &mut RowBuffer, address: Option<&mut String>, page: &mut RowPage) -> Result<(), LineError> {
    let mut line = simdutf8::basic::from_utf8(line.strip_suffix(b"\n").unwrap_or(line))?;
    if let (Some(address), Some(end)) = (address, memrchr(b'\t', line.as_bytes())) {
        line[end + 1..].clone_into(address);
        line = &line[..end];
    }
    let mut has_escapes = false;
    let pushed = page.push_line(line, plain_cells(line, &mut has_escapes));
    if !has_escapes {
        return Ok(pushed?);
    }
    row.clear();
    for cell in line.split('\t') {
        if cell == NULL {
            row.null();
        } else {
            unescape(cell, row.text());
            row.end_cell();
        }
    }
    Ok(row.append_to(page)?)
}

/// The cells of a line, each with its end and whether it is NULL, found in one pass. Where a backslash stands anywhere but in NULL, it says
/// so and gives `None`.
fn plain_cells(line: &str, has_escapes: &mut bool) -> impl Iterator<Item = Option<(usize, bool)>> {
    let bytes = line.as_bytes();
    let (mut start, mut is_null) = (0, false);
    memchr2_iter(b'\t', b'\\', bytes).chain([bytes.len()]).filter_map(move |at| {
        if bytes.get(at) != Some(&b'\\') {
            start = at + 1;
            return Some(Some((at, std::mem::take(&mut is_null))));
        }
        is_null = at == start && matches!(bytes[at..], [_, b'N'] | [_, b'N', b'\t', ..]);
        *has_escapes |= !is_null;
        (!is_null).then_some(None)
    })
}

fn unescape(cell: &str, text: &mut String) {
    let mut rest = cell;
    while let Some((before, escaped)) = rest.split_once('\\') {
        text.push_str(before);
        let mut letters = escaped.chars();
        text.push(match letters.next() {
            Some('b') => '\x08',
            Some('f') => '\x0C',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\x0B',
            Some(other) => other,
            None => '\\',
        });
        rest = letters.as_str();
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes a cell as the documentation says that COPY does.
    fn escaped(cell: Option<&str>) -> String {
        let Some(cell) = cell else { return "\\N".to_owned() };
        let mut text = String::new();
        for letter in cell.chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\u{b}' => text.push_str("\\v"),
                other => text.push(other),
            }
        }
        text
    }

    /// Cells with and without escapes, and those that look like NULL.
    fn cell() -> impl Strategy<Value = Option<String>> {
        prop_oneof![any::<Option<String>>(), Just(None), "[\\\\Nnt\t]{0,4}".prop_map(Some), "[a-z日]{0,9}".prop_map(Some)]
    }

    proptest! {
        #[test]
        fn every_cell_is_read_back(row in proptest::collection::vec(cell(), 1..5)) {
            let line = row.iter().map(|cell| escaped(cell.as_deref())).collect::<Vec<_>>().join("\t") + "\n";
            let mut page = RowPage::new(row.len());
            read(line.as_bytes(), &mut RowBuffer::default(), None, &mut page).expect("is a row");
            page.for_each(|cells| {
                prop_assert_eq!(cells, row.iter().map(Option::as_deref).collect::<Vec<_>>());
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_row_that_is_not_utf8_or_too_long_is_an_error() {
        let mut page = RowPage::new(1);
        assert!(matches!(read(b"\xFF\n", &mut RowBuffer::default(), None, &mut page), Err(LineError::NotUtf8(_))));
        assert!(matches!(read(b"a\tb\n", &mut RowBuffer::default(), None, &mut page), Err(LineError::Cells(_))));
        assert_eq!(page.rows(), 0);
    }
}
