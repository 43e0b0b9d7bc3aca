//! A strict, incremental parser for RFC 4180. Unlike lenient parsers it reports an unclosed quotation mark as an error,
//! and every error has the line number that an editor shows.

/// Maximum size of a row. An unclosed quotation mark must not fill the memory.
const MAX_ROW_BYTES: usize = 128 << 20;
/// Maximum size of the first row, which is a header.
const MAX_HEADER_BYTES: usize = 4 << 20;
/// Maximum number of cells in a row; no spreadsheet has more columns.
const MAX_CELLS: usize = 16_384;

/// A syntax error in CSV text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    /// The file ends inside quotation marks.
    #[error("a quotation mark opens here and never closes")]
    UnclosedQuote {
        /// Line of the opening quotation mark.
        line: u64,
    },
    /// Text follows a closing quotation mark.
    #[error("text follows a closing quotation mark")]
    TextAfterQuote {
        /// Line of that text.
        line: u64,
    },
    /// A row is larger than 128 MiB, or a header larger than 4 MiB.
    #[error("a row begins here that is larger than 128 MiB, or a header that is larger than 4 MiB; is a quotation mark missing?")]
    RowTooLong {
        /// Line on which the row starts.
        line: u64,
    },
    /// A row has more cells than a spreadsheet has columns.
    #[error("a row begins here that has more than 16,384 cells")]
    TooManyCells {
        /// Line on which the row starts.
        line: u64,
    },
}

impl CsvFault {
    /// Line of the error, from 1.
    pub fn line(self) -> u64 {
        match self {
            Self::UnclosedQuote { line }
            | Self::TextAfterQuote { line }
            | Self::RowTooLong { line }
            | Self::TooManyCells { line } => line,
        }
    }
}

/// The cells of a row, stored contiguously.
#[derive(Debug, Default)]
pub struct Row {
    text: String,
    ends: Vec<usize>,
    /// Whether each cell is in quotation marks.
    quoted: Vec<bool>,
    line: u64,
}

impl Row {
    /// Iterates over the cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }

    /// Whether each cell is in quotation marks, in order.
    pub fn quoted(&self) -> impl Iterator<Item = bool> {
        self.quoted.iter().copied()
    }

    /// Line on which the row starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    RowStart,
    CellStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// The parser. Push text, then take rows until there are none.
#[derive(Debug)]
pub struct CsvRows {
    text: String,
    at: usize,
    state: State,
    after_return: bool,
    line: u64,
    quote_line: u64,
    row: Row,
    is_header: bool,
    separator: u8,
    lenient: bool,
    max_row_bytes: usize,
}

impl Default for CsvRows {
    fn default() -> Self {
        Self::new(b',', false)
    }
}

impl CsvRows {
    /// Creates a parser for an ASCII separator. A lenient parser ignores blanks around quotation marks.
    pub fn new(separator: u8, lenient: bool) -> Self {
        let (text, row) = (String::new(), Row::default());
        let state = State::RowStart;
        Self {
            text,
            at: 0,
            state,
            after_return: false,
            line: 1,
            quote_line: 1,
            row,
            is_header: true,
            separator,
            lenient,
            max_row_bytes: MAX_ROW_BYTES,
        }
    }

    /// Creates a parser for text of ours without a header. Its rows may have any size.
    pub fn of_blocks() -> Self {
        Self { is_header: false, max_row_bytes: usize::MAX, ..Self::default() }
    }

    /// Current line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The row that was found last.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// Adds text. Take all rows before pushing more.
    pub fn push(&mut self, text: &str) {
        self.text.drain(..self.at);
        self.at = 0;
        self.text.push_str(text);
    }

    /// Returns the next complete row. `None` asks for more text or, if `last`, means the end.
    pub fn next_row(&mut self, last: bool) -> Result<Option<&Row>, CsvFault> {
        if self.state == State::RowStart {
            self.row.text.clear();
            self.row.ends.clear();
            self.row.quoted.clear();
        }
        while self.at < self.text.len() {
            let is_whole = self.step()?;
            self.check_limits()?;
            if is_whole {
                self.is_header = false;
                return Ok(Some(&self.row));
            }
        }
        if last && self.ends_with_row()? { Ok(Some(&self.row)) } else { Ok(None) }
    }

    fn check_limits(&self) -> Result<(), CsvFault> {
        let most = if self.is_header { MAX_HEADER_BYTES } else { self.max_row_bytes };
        if self.row.text.len() > most {
            return Err(CsvFault::RowTooLong { line: self.row.line });
        }
        if self.row.ends.len() > MAX_CELLS {
            return Err(CsvFault::TooManyCells { line: self.row.line });
        }
        Ok(())
    }

    fn ends_with_row(&mut self) -> Result<bool, CsvFault> {
        match self.state {
            State::RowStart => Ok(false),
            State::Quoted => Err(CsvFault::UnclosedQuote { line: self.quote_line }),
            State::CellStart | State::Plain | State::QuoteInQuoted => {
                self.end_cell();
                self.state = State::RowStart;
                Ok(true)
            }
        }
    }

    /// Consumes one character or a run of plain ones; returns true at the end of a row.
    fn step(&mut self) -> Result<bool, CsvFault> {
        let byte = self.text.as_bytes()[self.at];
        if self.skips_line_feed(byte) {
            return Ok(false);
        }
        match (self.state, byte) {
            (State::Quoted, _) => self.quoted(byte),
            (State::RowStart, b'\n' | b'\r') => self.end_line(byte),
            (_, b'\n' | b'\r') => return Ok(self.end_row(byte)),
            (_, byte) if byte == self.separator => self.next_cell(),
            (State::QuoteInQuoted, b' ' | b'\t') if self.lenient => self.at += 1,
            (State::RowStart | State::CellStart, b' ' | b'\t') if self.lenient && self.opens_quote_after_blanks() => self.at += 1,
            (State::RowStart | State::CellStart, b'"') => self.open_quote(),
            (State::QuoteInQuoted, b'"') => self.escaped_quote(),
            (State::QuoteInQuoted, _) => return Err(CsvFault::TextAfterQuote { line: self.line }),
            (State::RowStart | State::CellStart | State::Plain, _) => self.plain(),
        }
        Ok(false)
    }

    /// The line feed of a CR LF pair ends nothing by itself, but inside quotation marks it is text.
    fn skips_line_feed(&mut self, byte: u8) -> bool {
        let pair = std::mem::take(&mut self.after_return) && byte == b'\n';
        if pair && self.state != State::Quoted {
            self.at += 1;
            return true;
        }
        if pair {
            self.line -= 1;
        }
        false
    }

    fn begin_row(&mut self) {
        if self.state == State::RowStart {
            self.row.line = self.line;
        }
    }

    fn end_line(&mut self, byte: u8) {
        self.at += 1;
        self.line += 1;
        self.after_return = byte == b'\r';
    }

    fn end_cell(&mut self) {
        self.row.ends.push(self.row.text.len());
        self.row.quoted.push(self.state == State::QuoteInQuoted);
    }

    fn end_row(&mut self, byte: u8) -> bool {
        self.end_cell();
        self.state = State::RowStart;
        self.end_line(byte);
        true
    }

    fn next_cell(&mut self) {
        self.begin_row();
        self.end_cell();
        self.state = State::CellStart;
        self.at += 1;
    }

    fn open_quote(&mut self) {
        self.begin_row();
        self.quote_line = self.line;
        self.state = State::Quoted;
        self.at += 1;
    }

    fn escaped_quote(&mut self) {
        self.row.text.push('"');
        self.state = State::Quoted;
        self.at += 1;
    }

    /// Returns whether only blanks precede a quotation mark. If the text ends first, the blanks are text.
    fn opens_quote_after_blanks(&self) -> bool {
        self.text.as_bytes()[self.at..].iter().find(|byte| !matches!(byte, b' ' | b'\t')) == Some(&b'"')
    }

    fn plain(&mut self) {
        self.begin_row();
        self.state = State::Plain;
        let separator = self.separator;
        self.take_run(|byte| byte == separator || matches!(byte, b'\n' | b'\r'));
    }

    fn quoted(&mut self, byte: u8) {
        match byte {
            b'"' => self.quotes(),
            _ => {
                let start = self.at;
                self.take_run(|byte| byte == b'"');
                self.count_lines(start);
            }
        }
    }

    /// Consumes doubled quotation marks. A single one ends the cell, unless the following text shows otherwise.
    fn quotes(&mut self) {
        let run = self.text.as_bytes()[self.at..].iter().take_while(|byte| **byte == b'"').count();
        let pairs = run / 2;
        self.row.text.push_str(&self.text[self.at..self.at + pairs]);
        self.at += 2 * pairs;
        if run % 2 == 1 {
            self.state = State::QuoteInQuoted;
            self.at += 1;
        }
    }

    /// Counts the line breaks in a range, CR LF as one.
    fn count_lines(&mut self, start: usize) {
        let mut after_return = false;
        for &byte in &self.text.as_bytes()[start..self.at] {
            let ends_line = byte == b'\r' || (byte == b'\n' && !after_return);
            self.line += u64::from(ends_line);
            after_return = byte == b'\r';
        }
        self.after_return = after_return;
    }

    fn take_run(&mut self, stops: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        let run = rest.iter().position(|&byte| stops(byte)).unwrap_or(rest.len());
        self.row.text.push_str(&self.text[self.at..self.at + run]);
        self.at += run;
    }
}

#[cfg(test)]
#[path = "csv_rows_tests.rs"]
mod tests;
