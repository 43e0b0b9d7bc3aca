//! Detection of a CSV file's encoding and separator, from a byte order mark, a first line `sep=;`, or the beginning of
//! the file.

use super::error::ImportError;
use super::inputs::InputFile;
use super::notes::Note;
use super::text::{Encoding, TextDecoder};
use hozon_shared::archive::csv_rows::CsvRows;

/// Number of bytes examined at the beginning of a file.
const HEAD: usize = 64 << 10;
/// Number of rows that must agree on a separator.
const ROWS: usize = 50;
/// Possible separators, the default first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Encoding and separator of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub encoding: Encoding,
    pub separator: u8,
    /// Whether the first line only names the separator.
    pub names_separator: bool,
}

impl Dialect {
    /// The dialect of Hozon's own backups.
    pub const OWN: Self = Self { encoding: Encoding::UTF_8, separator: b',', names_separator: false };
}

/// The user's settings for CSV files.
#[derive(Debug, Clone, Default)]
pub struct CsvPreferences {
    /// Encoding of files without a byte order mark.
    pub encoding: Encoding,
    /// Encodings of single files by file name.
    pub encodings: Vec<(String, Encoding)>,
    /// The separator; detected if `None`.
    pub separator: Option<u8>,
    /// Whether ragged rows and incomplete headers are repaired.
    pub lenient: bool,
}

impl CsvPreferences {
    fn encoding_of(&self, file: &InputFile) -> Encoding {
        let named = self.encodings.iter().find(|(name, _)| file.path == *name || file.file_name() == name);
        named.map_or(self.encoding, |(_, encoding)| *encoding)
    }
}

/// Detects the dialect of a file, and notes everything unusual.
pub async fn detect(file: &InputFile, preferences: &CsvPreferences, notes: &mut Vec<Note>) -> Result<Dialect, ImportError> {
    let head = file.head(HEAD).await?;
    let wished = preferences.encoding_of(file);
    let shown = Encoding::of_mark(&head).or_else(|| Encoding::of_zeros(&head).filter(|_| wished == Encoding::UTF_8));
    let encoding = shown.unwrap_or(wished);
    if encoding != wished && encoding != Encoding::UTF_8 {
        notes.push(Note::Encoding { file: file.name.clone(), encoding });
    }
    let mut text = String::new();
    // The reader reports invalid bytes with their line; the text before them is enough for detection.
    let _ = TextDecoder::new(encoding).decode(&head, false, &mut text);
    if encoding == Encoding::SHIFT_JIS && text.contains(is_half_width) && Encoding::guess(&head) == Encoding::named("euc-jp") {
        notes.push(Note::Doubtful { file: file.name.clone(), other: "euc-jp" });
    }
    let is_cut = head.len() == HEAD;
    let named = named_separator(&text);
    let separator = preferences.separator.or(named).unwrap_or_else(|| separator_of(&text, is_cut, preferences.lenient));
    if separator != b',' && preferences.separator.is_none() {
        notes.push(Note::Separator { file: file.name.clone(), separator: name_of(separator) });
    }
    Ok(Dialect { encoding, separator, names_separator: named.is_some() })
}

/// Half-width katakana, which is how EUC-JP looks when it is read as Shift_JIS.
fn is_half_width(c: char) -> bool {
    matches!(c, '\u{FF61}'..='\u{FF9F}')
}

fn name_of(separator: u8) -> &'static str {
    match separator {
        b';' => "semicolons",
        b'\t' => "tabs",
        b'|' => "vertical bars",
        _ => "another character",
    }
}

/// Parses Excel's first line `sep=;`, with or without quotes.
fn named_separator(text: &str) -> Option<u8> {
    let line = text.lines().next()?.trim_matches('"');
    let (name, separator) = line.split_at_checked(4)?;
    match separator.as_bytes() {
        [byte] if name.eq_ignore_ascii_case("sep=") && byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

/// Returns the separator with the most columns among those by which all rows are as wide as the header, or else among
/// all separators.
fn separator_of(text: &str, is_cut: bool, lenient: bool) -> u8 {
    let mut best = ((false, 1), b',');
    for separator in SEPARATORS {
        let (columns, is_even) = columns(text, separator, is_cut, lenient);
        let fit = (is_even && columns > 1, columns);
        if fit > best.0 {
            best = (fit, separator);
        }
    }
    best.1
}

/// Returns the number of cells in the header, and whether the following rows have as many.
fn columns(text: &str, separator: u8, is_cut: bool, lenient: bool) -> (usize, bool) {
    let mut rows = CsvRows::new(separator, lenient);
    rows.push(text);
    let (mut columns, mut is_even) = (0, true);
    for at in 0..ROWS {
        match rows.next_row(!is_cut) {
            Ok(Some(row)) if at == 0 => columns = row.cells().count(),
            Ok(Some(row)) => is_even &= row.cells().count() == columns,
            Ok(None) => break,
            Err(_) => return (columns, false),
        }
    }
    (columns, is_even)
}

/// Parses a separator given by the user.
pub fn parse_separator(text: &str) -> Result<u8, &'static str> {
    match text {
        "tab" | "\\t" | "\t" => Ok(b'\t'),
        "comma" => Ok(b','),
        "semicolon" => Ok(b';'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
            _ => Err("write one character, or tab"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_all_rows_agree_on() {
        for (text, separator) in [
            ("Id,Name\n1,a;b\n", b','),
            ("Id;Name\n1;12,50\n", b';'),
            ("Id\tName\n1\ta,b\n", b'\t'),
            ("Id|Name\n1|a\n", b'|'),
            ("Name, first;Id;City\nA, B;1;X\n", b';'),
            ("\"Id;x\",Name\n1,a\n", b','),
            ("Id\n1\n", b','),
            ("", b','),
            ("Id,Name,City\n1,a\n", b','),
        ] {
            assert_eq!(separator_of(text, false, false), separator, "{text:?}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_separator() {
        assert_eq!(named_separator("sep=;\r\nId;Name\r\n"), Some(b';'));
        assert_eq!(named_separator("\"sep=\t\"\nId\tName\n"), Some(b'\t'));
        assert_eq!(named_separator("SEP=,\n"), Some(b','));
        assert_eq!(named_separator("sep=a lot\n"), None);
        assert_eq!(named_separator("Id;Name\n"), None);
    }
}
