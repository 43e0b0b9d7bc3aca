//! The text format of COPY: a row is a line, cells are separated by tabs, NULL is `\N`, and a backslash stands in front
//! of what would be mistaken (PostgreSQL documentation, "COPY", "Text Format").

use hozon_shared::domain::rows::{Cell, RowPage, UnevenRows};

/// Errors of a line that COPY has sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("a row is not UTF-8")]
    NotUtf8(#[from] simdutf8::basic::Utf8Error),
    #[error("a row has the wrong number of cells")]
    Cells(#[from] UnevenRows),
}

/// Reads lines into pages. Keeps its buffers from line to line.
#[derive(Default)]
pub(crate) struct Lines {
    text: Vec<u8>,
    /// End of each cell in `text`; `None` for NULL.
    ends: Vec<Option<usize>>,
}

impl Lines {
    /// Appends the row of a line to `page`. A table without columns has one empty line for each row.
    pub(crate) fn read(&mut self, line: &[u8], page: &mut RowPage) -> Result<(), LineError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.text.clear();
        self.ends.clear();
        for cell in line.split(|byte| *byte == b'\t') {
            if cell == b"\\N" {
                self.ends.push(None);
                continue;
            }
            unescape(cell, &mut self.text);
            self.ends.push(Some(self.text.len()));
        }
        let text = simdutf8::basic::from_utf8(&self.text)?;
        let mut start = 0;
        let cells: Vec<Cell<'_>> = self
            .ends
            .iter()
            .map(|end| {
                let end = (*end)?;
                let cell = &text[start..end];
                start = end;
                Some(cell)
            })
            .collect();
        Ok(page.push(&cells)?)
    }
}

fn unescape(cell: &[u8], text: &mut Vec<u8>) {
    let mut rest = cell;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        text.extend_from_slice(&rest[..at]);
        let Some(&letter) = rest.get(at + 1) else { return text.push(b'\\') };
        text.push(match letter {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            other => other,
        });
        rest = &rest[at + 2..];
    }
    text.extend_from_slice(rest);
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

    proptest! {
        #[test]
        fn every_cell_is_read_back(row in proptest::collection::vec(any::<Option<String>>(), 1..5)) {
            let line = row.iter().map(|cell| escaped(cell.as_deref())).collect::<Vec<_>>().join("\t") + "\n";
            let mut page = RowPage::new(row.len());
            Lines::default().read(line.as_bytes(), &mut page).expect("is a row");
            page.for_each(|cells| {
                prop_assert_eq!(cells, row.iter().map(Option::as_deref).collect::<Vec<_>>());
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_row_that_is_not_utf8_or_too_long_is_an_error() {
        let mut page = RowPage::new(1);
        assert!(matches!(Lines::default().read(b"\xFF\n", &mut page), Err(LineError::NotUtf8(_))));
        assert!(matches!(Lines::default().read(b"a\tb\n", &mut page), Err(LineError::Cells(_))));
        assert_eq!(page.rows(), 0);
    }
}
