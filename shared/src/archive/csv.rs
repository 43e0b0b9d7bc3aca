//! CSV as RFC 4180 has it, UTF-8 with a byte order mark, and cells that no spreadsheet runs.
//!
//! A spreadsheet runs a cell as a formula when its first sign is `=`, `+`, `-`, `@`, a tab, a carriage return or, in Japanese Excel, a
//! full-width `＝`, `＋`, `－`, `＠`; blanks, quotes and separators before it do not help. Such a cell gets an apostrophe in front, unless all
//! of it is a number (`-12.5`, `+819012345678`, `-1,234.50`, `5e-3`, `-7%`): a number computes nothing and stays a number. A telephone
//! number with hyphens or brackets (`+81-3-1234-5678`) is arithmetic to a spreadsheet, so it gets the apostrophe. A reader undoes it by
//! dropping one apostrophe from a cell whose rest would have needed it; that gives back every cell exactly.
//!
//! A cell over [`LONG_ROW`] bytes is written in parts: it is always quoted, never taken for a number, and only its first half
//! [`LONG_ROW`] decides whether it is a formula.

use std::borrow::Cow;

pub use crate::domain::archive_options::CsvOptions;
use crate::sources::rows::{CellPart, LONG_ROW};

/// The rule in words, for the manifest.
pub const RULE: &str = "A cell that a spreadsheet would run as a formula has one apostrophe (') in front. Such a cell is one whose \
first character other than spaces, quotes (\" '), commas and semicolons is = + - @, a tab, a carriage return, or a full-width \
\u{FF1D} \u{FF0B} \u{FF0D} \u{FF20}; but not one that is a number as a whole: an optional sign, then digits (in groups of three with commas, or \
without), an optional fraction, an optional exponent, an optional percent sign. A cell over 1 MiB is never taken for a number, and only its \
first 512 KiB are looked at; nothing but blanks, quotes and separators there counts as a formula. To undo it, drop one leading apostrophe where the rest of \
the cell is such a cell. Every cell comes back exactly.";

/// The rule in words where cells are left alone.
pub const AS_IT_IS: &str = "Every cell is written as the CRM holds it; a spreadsheet may run those that look like formulas.";

/// Writes CSV into a buffer that the caller reads and clears from time to time.
#[derive(Debug)]
pub struct CsvWriter {
    options: CsvOptions,
    buffer: Vec<u8>,
}

impl CsvWriter {
    /// A writer with an empty buffer.
    pub fn new(options: CsvOptions) -> Self {
        Self { options, buffer: Vec::new() }
    }

    /// Begins the file with its header row.
    pub fn begin(&mut self, header: &[&str]) {
        if self.options.bom {
            self.buffer.extend_from_slice("\u{FEFF}".as_bytes());
        }
        self.row(header.iter().copied());
    }

    /// Adds a row. A row of one empty cell is written as `""`, because an empty line is no row to most readers.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        let start = self.buffer.len();
        for (count, cell) in cells.enumerate() {
            if count > 0 {
                self.buffer.push(b',');
            }
            self.cell(cell);
        }
        if self.buffer.len() == start {
            self.buffer.extend_from_slice(b"\"\"");
        }
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// Adds a part of a cell that belongs to a long row; `is_first` tells whether it is the row's first column that is written.
    pub fn part(&mut self, part: &CellPart, is_first: bool) {
        if part.starts && !is_first {
            self.buffer.push(b',');
        }
        if part.starts && part.ends {
            self.cell(&part.text);
            return;
        }
        if part.starts {
            self.buffer.push(b'"');
            if self.options.neutralise && begins_formula(head(&part.text)) {
                self.buffer.push(b'\'');
            }
        }
        self.quoted(&part.text);
        if part.ends {
            self.buffer.push(b'"');
        }
    }

    /// Ends a row that was written in parts.
    pub fn end_row(&mut self) {
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// What was written so far.
    pub fn written(&self) -> &[u8] {
        &self.buffer
    }

    /// Forgets what was written so far and keeps its memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }

    fn cell(&mut self, cell: &str) {
        let mark: &[u8] = if self.options.neutralise && needs_mark(cell) { b"'" } else { b"" };
        // Looks at every byte, which the compiler does for many at once; stopping early would be slower.
        let is_plain = cell.bytes().fold(true, |plain, byte| plain & !matches!(byte, b'"' | b',' | b'\r' | b'\n'));
        if is_plain && cell.len() <= LONG_ROW {
            self.buffer.extend_from_slice(mark);
            self.buffer.extend_from_slice(cell.as_bytes());
            return;
        }
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(mark);
        self.quoted(cell);
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

/// Makes a cell harmless.
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    if needs_mark(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Undoes [`neutralise`], exactly.
pub fn restore(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if needs_mark(rest) => rest,
        _ => cell,
    }
}

/// Tells whether a spreadsheet would run the cell as a formula.
fn needs_mark(cell: &str) -> bool {
    match cell.as_bytes().first() {
        None => return false,
        Some(byte) if byte.is_ascii_alphanumeric() => return false,
        Some(_) => {}
    }
    if cell.len() > LONG_ROW {
        return begins_formula(head(cell));
    }
    let first = cell.chars().find(|c| !is_passed_over(*c));
    first.is_some_and(starts_formula) && !is_number(cell.as_bytes())
}

/// As much of a long cell as decides.
fn head(cell: &str) -> &str {
    &cell[..cell.floor_char_boundary(LONG_ROW / 2)]
}

fn begins_formula(head: &str) -> bool {
    head.chars().find(|c| !is_passed_over(*c)).is_none_or(starts_formula)
}

fn is_passed_over(c: char) -> bool {
    matches!(c, '"' | '\'' | ',' | ';') || (c.is_whitespace() && !starts_formula(c))
}

fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
}

/// Sign, digits (grouped or not), fraction, exponent, percent; nothing else.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let text = text.strip_suffix(b"%").unwrap_or(text);
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
        Some(at) => (&mantissa[..at], Some(&mantissa[at + 1..])),
        None => (mantissa, None),
    };
    let exponent_is_fine = exponent.is_none_or(|digits| {
        let digits = digits.strip_prefix(b"+").or_else(|| digits.strip_prefix(b"-")).unwrap_or(digits);
        is_digits(digits)
    });
    (is_digits(whole) || is_grouped(whole)) && fraction.is_none_or(is_digits) && exponent_is_fine
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_grouped(text: &[u8]) -> bool {
    let mut groups = text.split(|byte| *byte == b',');
    let head = groups.next().is_some_and(|group| group.len() <= 3 && is_digits(group));
    head && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_get_an_apostrophe_and_numbers_do_not() {
        for cell in [
            "=1+1",
            "+81-3-1234-5678",
            "-1-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "＝1",
            " =1",
            "\"=1",
            ",=1",
            "'=1",
            "-",
            "+81 90",
            "-1,23",
        ] {
            assert_eq!(neutralise(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["-12.5", "+819012345678", "-1,234.50", "5e-3", "-5E+3", "-7%", "a=b", "", "'quoted'", "2026-11-24", " x"] {
            assert_eq!(neutralise(cell), cell, "{cell:?}");
        }
    }

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
        let rows = reader.records().map(|row| row.expect("a row").iter().map(|cell| restore(cell).to_owned()).collect());
        rows.collect()
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_exactly(cell in prop_oneof![hostile_cell(), any::<String>()]) {
            let neutral = neutralise(&cell);
            prop_assert_eq!(restore(&neutral), cell.as_str());
        }

        #[test]
        fn every_file_comes_back_exactly(rows in proptest::collection::vec(proptest::collection::vec(hostile_cell(), 3), 0..8)) {
            let mut writer = CsvWriter::new(CsvOptions::default());
            writer.begin(&["a", "b", "c"]);
            for row in &rows {
                writer.row(row.iter().map(String::as_str));
            }
            prop_assert_eq!(&read_back(writer.written())[1..], rows.as_slice());
        }
    }

    #[test]
    fn a_cell_of_ten_megabytes_and_a_row_of_one_empty_cell_come_back() {
        let big = "=\"あ\"\r\n".repeat(1_000_000);
        let mut writer = CsvWriter::new(CsvOptions::default());
        writer.begin(&["only"]);
        writer.row([big.as_str()].into_iter());
        writer.row([""].into_iter());
        assert_eq!(read_back(writer.written())[1..], [vec![big], vec![String::new()]]);
    }

    #[test]
    fn a_cell_in_parts_is_written_as_the_whole_cell() {
        let long = LONG_ROW + 7;
        let cells =
            ["=1".repeat(long), "7".repeat(long), " ".repeat(long), "x\"y".repeat(long), format!("-{}", "1".repeat(long))];
        for cell in &cells {
            let mut whole = CsvWriter::new(CsvOptions::default());
            whole.row(["id", cell].into_iter());
            let mut parts = CsvWriter::new(CsvOptions::default());
            let part = |column, text: &str, starts, ends| {
                let cell_bytes = if column == 0 { 2 } else { cell.len() as u64 };
                CellPart { column, cell_bytes, text: text.to_owned(), starts, ends, ends_row: false }
            };
            let (head, rest) = cell.split_at(LONG_ROW);
            parts.part(&part(0, "id", true, true), true);
            parts.part(&part(1, head, true, false), false);
            parts.part(&part(1, rest, false, true), false);
            parts.end_row();
            assert!(whole.written() == parts.written(), "{}", &cell[..10]);
            assert_eq!(restore(&neutralise(cell)), cell);
        }
    }
}
