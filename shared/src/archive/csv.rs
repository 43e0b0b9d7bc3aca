//! CSV as defined by RFC 4180: UTF-8 with a byte order mark, cells escaped so that no spreadsheet runs or changes them
//! ([`super::cells`]), and quotes around every cell that contains a separator of any spreadsheet. A cell longer than
//! 1 MiB is always quoted and always marked.

use std::borrow::Cow;

use super::LONG_CELL;
use super::cell_bytes::CellBytes;
use super::cells::{CellKind, needs_mark, with_signs};
pub use crate::domain::archive_options::CsvOptions;
use crate::domain::crm::{DataCategory, Field};
use crate::domain::rows::Cell;

/// The escaping rule as text, for the manifest.
pub const RULE: &str = "A marked cell has one apostrophe (') in front. Cells are marked that a spreadsheet would run as a formula or give \
back changed (ids, numbers of many digits, leading zeros and signs, texts that look like numbers, dates, times or truth values, NUL and carriage \
returns), and all that begin with an apostrophe. To undo it: if a cell matches the regular expression `undo.mark`, remove what matched, then \
replace in the rest, from left to right, each match of the regular expression `undo.sign` by what `undo.stands_for` gives for it. Every other \
cell is as it is written. The field's type does not matter. `undo.vectors` are examples.";

/// How NULL is written, as text for the manifest.
pub const NULL_RULE: &str = "NULL is an empty cell without quotes; a cell in quotes with nothing between them is the empty text. In a file of one \
column, NULL is an apostrophe (') without quotes, because many readers ignore empty lines.";

/// The manifest's text for files without escaping.
pub const UNESCAPED_RULE: &str =
    "Every cell is written as the CRM holds it; a spreadsheet may run those that look like formulas, and change others.";

/// Returns the indexes of the fields that are backed up.
pub fn kept_columns(fields: &[Field]) -> Vec<usize> {
    let kept = fields.iter().enumerate().filter(|(_, field)| field.contents == DataCategory::Crm);
    kept.map(|(at, _)| at).collect()
}

/// Returns the kinds of the columns that are backed up.
pub fn kinds_of(fields: &[Field]) -> Vec<CellKind> {
    kept_columns(fields).into_iter().map(|at| CellKind::of(&fields[at].data_type)).collect()
}

/// Returns the beginning of a CSV file: its byte order mark, and the row with the names of the fields that are backed up.
pub fn header_of(fields: &[Field], options: CsvOptions) -> Vec<u8> {
    let names: Vec<&str> = kept_columns(fields).into_iter().map(|at| fields[at].api_name.as_str()).collect();
    header_row(&names, options)
}

/// Returns the beginning of a CSV file with these names of columns, which may repeat.
pub fn header_row(names: &[&str], options: CsvOptions) -> Vec<u8> {
    let mut csv = CsvWriter::new(options, Vec::new());
    csv.begin(names);
    csv.buffer
}

/// Whether a cell of a file with the default options is NULL; `is_only` if its row has no other.
pub fn is_null(cell: &str, is_quoted: bool, is_only: bool) -> bool {
    !is_quoted && if is_only { cell == "'" } else { cell.is_empty() }
}

/// Writes CSV into a buffer, which the caller drains from time to time.
#[derive(Debug)]
pub struct CsvWriter {
    options: CsvOptions,
    /// Kinds of the columns in order; further columns are text.
    kinds: Vec<CellKind>,
    buffer: Vec<u8>,
}

impl CsvWriter {
    /// Creates a writer with an empty buffer for the given columns.
    pub fn new(options: CsvOptions, kinds: Vec<CellKind>) -> Self {
        Self { options, kinds, buffer: Vec::new() }
    }

    /// Creates a writer whose buffer begins with a header.
    pub fn beginning_with(header: Vec<u8>, options: CsvOptions, kinds: Vec<CellKind>) -> Self {
        Self { options, kinds, buffer: header }
    }

    /// Writes the header row. Excel mistakes a file that starts with `ID` for the SYLK format, so a byte order mark or
    /// quotes precede it.
    pub fn begin(&mut self, header: &[&str]) {
        if self.options.bom {
            self.buffer.extend_from_slice("\u{FEFF}".as_bytes());
        }
        for (at, name) in header.iter().enumerate() {
            if at > 0 {
                self.buffer.push(b',');
            }
            let is_sylk = at == 0 && !self.options.bom && name.starts_with("ID");
            if is_sylk { self.quoted_cell(name, CellBytes::of(name), CellKind::Text) } else { self.cell(name, CellKind::Text) }
        }
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// Writes a row: NULL as nothing, and the empty text as `""`. Most readers ignore an empty line, so that NULL in a row
    /// of one cell is written as an apostrophe without quotes, which no text is.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        let start = self.buffer.len();
        for (count, cell) in cells.enumerate() {
            if count > 0 {
                self.buffer.push(b',');
            }
            self.nullable(cell, self.kind(count));
        }
        if self.buffer.len() == start {
            self.buffer.push(b'\'');
        }
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// Returns the bytes written since the last [`clear`](Self::clear).
    pub fn written(&self) -> &[u8] {
        &self.buffer
    }

    /// Appends a row as a writer with the same options has written it.
    pub fn written_row(&mut self, row: &str) {
        self.buffer.extend_from_slice(row.as_bytes());
    }

    /// Empties the buffer and keeps its capacity.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }

    fn kind(&self, column: usize) -> CellKind {
        self.kinds.get(column).copied().unwrap_or_default()
    }

    fn nullable(&mut self, cell: Cell<'_>, kind: CellKind) {
        match cell {
            None => {}
            Some("") => self.buffer.extend_from_slice(b"\"\""),
            Some("'") if !self.options.escape_formulas => self.quoted_cell("'", CellBytes::of("'"), kind),
            Some(text) => self.cell(text, kind),
        }
    }

    fn cell(&mut self, cell: &str, kind: CellKind) {
        let bytes = CellBytes::of(cell);
        if bytes.has(CellBytes::SEPARATOR) || cell.len() > LONG_CELL {
            return self.quoted_cell(cell, bytes, kind);
        }
        if !needs_mark(cell, bytes, kind, self.options) {
            return self.buffer.extend_from_slice(cell.as_bytes());
        }
        self.buffer.push(b'\'');
        let marked = if bytes.has(CellBytes::WIDE.or(CellBytes::LOST)) { with_signs(cell) } else { Cow::Borrowed(cell) };
        self.buffer.extend_from_slice(marked.as_bytes());
    }

    fn quoted_cell(&mut self, cell: &str, bytes: CellBytes, kind: CellKind) {
        self.buffer.push(b'"');
        if needs_mark(cell, bytes, kind, self.options) {
            self.buffer.push(b'\'');
            self.quoted(&with_signs(cell));
        } else {
            self.quoted(cell);
        }
        self.buffer.push(b'"');
    }

    fn quoted(&mut self, text: &str) {
        for (at, run) in text.split('"').enumerate() {
            if at > 0 {
                self.buffer.extend_from_slice(b"\"\"");
            }
            self.buffer.extend_from_slice(run.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::undo;
    use super::*;
    use proptest::prelude::*;

    fn hostile_cell() -> impl Strategy<Value = String> {
        let sign = prop::sample::select(vec![
            "=",
            "+",
            "-",
            "@",
            "\t",
            "\r",
            "\n",
            "＝",
            "'",
            "\"",
            ",",
            ";",
            " ",
            "\0",
            "1",
            "1.5",
            "e",
            "%",
            "あ",
            "👩‍👩‍👧",
            "x",
            "\r\n",
            "\u{FEFF}",
        ]);
        proptest::collection::vec(sign, 0..8).prop_map(|parts| parts.concat())
    }

    fn read_back(written: &[u8]) -> Vec<Vec<String>> {
        let text = written.strip_prefix("\u{FEFF}".as_bytes()).expect("a byte order mark");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
        let rows = reader.records().map(|row| row.expect("a row").iter().map(|cell| undo(cell).into_owned()).collect());
        rows.collect()
    }

    proptest! {
        #[test]
        fn every_file_comes_back_exactly(rows in proptest::collection::vec(proptest::collection::vec(hostile_cell(), 3), 0..8)) {
            let mut writer = CsvWriter::new(CsvOptions::default(), Vec::new());
            writer.begin(&["a", "b", "c"]);
            for row in &rows {
                writer.row(row.iter().map(|cell| Some(cell.as_str())));
            }
            prop_assert_eq!(&read_back(writer.written())[1..], rows.as_slice());
        }
    }

    #[test]
    fn a_cell_of_ten_megabytes_and_a_row_of_one_empty_cell_come_back() {
        let big = "=\"あ\"\r\n".repeat(1_000_000);
        let mut writer = CsvWriter::new(CsvOptions::default(), Vec::new());
        writer.begin(&["only"]);
        writer.row([Some(big.as_str())].into_iter());
        writer.row([Some("")].into_iter());
        assert_eq!(read_back(writer.written())[1..], [vec![big], vec![String::new()]]);
    }

    #[test]
    fn null_the_empty_text_and_an_apostrophe_differ_in_rows_of_any_length() {
        for (escape_formulas, apostrophe) in [(true, "''"), (false, "\"'\"")] {
            let mut writer = CsvWriter::new(CsvOptions { escape_formulas, ..CsvOptions::default() }, Vec::new());
            for cell in [None, Some(""), Some("'")] {
                writer.row([cell].into_iter());
                writer.row([cell, cell].into_iter());
            }
            let expected = format!("'\r\n,\r\n\"\"\r\n\"\",\"\"\r\n{apostrophe}\r\n{apostrophe},{apostrophe}\r\n");
            assert_eq!(std::str::from_utf8(writer.written()), Ok(expected.as_str()));
        }
    }

    #[test]
    fn separators_of_other_spreadsheets_and_a_first_id_are_quoted() {
        let mut writer = CsvWriter::new(CsvOptions { bom: false, ..CsvOptions::default() }, Vec::new());
        writer.begin(&["ID", "Name"]);
        writer.row([Some("1"), Some("a;b")].into_iter());
        writer.row([Some("2"), Some("a\tb")].into_iter());
        assert_eq!(std::str::from_utf8(writer.written()), Ok("\"ID\",Name\r\n1,\"a;b\"\r\n2,\"a\tb\"\r\n"));
    }
}
