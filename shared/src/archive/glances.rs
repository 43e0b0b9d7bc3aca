//! Judges most cells by the kinds of their bytes and their first word, without the rules of [`super::formulas`] and
//! [`super::lookalikes`], whose judgement it anticipates.

use super::cell_bytes::CellBytes;
use super::lookalikes::{is_code, is_unchanged_number};
use super::typed::SHOWN;
use super::words::{is_unit, may_be_word};

/// What a spreadsheet does with a cell whose field has no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    /// It preserves the cell.
    Harmless,
    /// It may change the cell.
    Value,
    /// The rules must tell.
    Unknown,
}

/// Judges a cell that is not empty and neither begins with an apostrophe nor contains what spreadsheets lose.
pub(super) fn glance(cell: &str, bytes: CellBytes) -> Glance {
    match cell.as_bytes() {
        digits if bytes.are_all(CellBytes::DIGIT) => match digits {
            [_] | [b'1'..=b'9', ..] if digits.len() <= SHOWN => Glance::Harmless,
            _ => Glance::Value,
        },
        // What begins with a sign is a formula, or a number that is not preserved.
        [b'=' | b'+' | b'@', ..] => Glance::Value,
        [b'-', ..] if is_unchanged_number(cell) => Glance::Harmless,
        [b'-', ..] => Glance::Value,
        [first, ..] if first.is_ascii_alphanumeric() => no_formula(cell, bytes),
        [0x80..=0xFF, ..] if cell.starts_with(is_foreign_to_values) => Glance::Harmless,
        _ => Glance::Unknown,
    }
}

/// Judges a cell that begins with a letter or digit of ASCII.
fn no_formula(cell: &str, bytes: CellBytes) -> Glance {
    if bytes.are_all(CellBytes::DIGIT.or(CellBytes::SIGN)) {
        return number_or_time(cell);
    }
    // All error values begin with another character.
    let has_foreign = bytes.has(CellBytes::OTHER) && !bytes.has(CellBytes::WIDE);
    if has_foreign || has_foreign_word(cell.as_bytes()) { Glance::Harmless } else { Glance::Unknown }
}

/// Judges a cell of digits and signs.
fn number_or_time(cell: &str) -> Glance {
    if !cell.as_bytes().last().is_some_and(u8::is_ascii_digit) {
        return Glance::Unknown;
    }
    if is_unchanged_number(cell) || is_code(cell) { Glance::Harmless } else { Glance::Value }
}

/// Returns whether the first word of ASCII letters cannot appear in a value. A letter beyond ASCII may be part of the word.
fn has_foreign_word(cell: &[u8]) -> bool {
    let Some(start) = cell.iter().position(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) else { return false };
    let rest = &cell[start..];
    let end = rest.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
    end > 0 && rest.get(end).is_none_or(u8::is_ascii) && !may_be_word(&rest[..end])
}

/// Kana, and ideographs and Hangul syllables that are no units: no value begins with them, and no formula.
fn is_foreign_to_values(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}') && !is_unit(c)
}
