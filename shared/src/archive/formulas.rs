//! Cells that a spreadsheet runs as a formula, and the escaping of manifest version 1, which covered only those.
//!
//! A cell runs if its first character is `=`, `+`, `-`, `@`, a tab, a carriage return or, in Japanese Excel, a
//! full-width `＝`, `＋`, `－`, `＠`; preceding blanks, quotes and separators do not prevent that. A cell that is a number
//! as a whole (`-12.5`, `+819012345678`, `-1,234.50`, `5e-3`, `-7%`) calculates nothing, but a telephone number with
//! hyphens (`+81-3-1234-5678`) is arithmetic to a spreadsheet.

use super::LONG_CELL;

/// Returns whether a spreadsheet would run the cell. Of a cell longer than [`LONG_CELL`] bytes, only the first half of
/// [`LONG_CELL`] is examined.
pub fn is_formula(cell: &str) -> bool {
    match cell.as_bytes().first() {
        None => return false,
        Some(byte) if byte.is_ascii_alphanumeric() => return false,
        Some(_) => {}
    }
    if cell.len() > LONG_CELL {
        return cell[..cell.floor_char_boundary(LONG_CELL / 2)].chars().find(|c| !is_passed_over(*c)).is_none_or(starts_formula);
    }
    cell.chars().find(|c| !is_passed_over(*c)).is_some_and(starts_formula) && !is_number(cell.as_bytes())
}

/// Undoes the escaping of manifest version 1, which put one apostrophe before a formula.
pub fn restore(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

fn is_passed_over(c: char) -> bool {
    matches!(c, '"' | '\'' | ',' | ';') || (c.is_whitespace() && !starts_formula(c))
}

fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
}

/// Matches a sign, digits (grouped or not), fraction, exponent and percent sign, and nothing else.
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

pub(super) fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

pub(super) fn is_grouped(text: &[u8]) -> bool {
    let mut groups = text.split(|byte| *byte == b',');
    let head = groups.next().is_some_and(|group| group.len() <= 3 && is_digits(group));
    head && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_distinguished_from_numbers_and_text() {
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
            assert!(is_formula(cell), "{cell:?}");
            assert_eq!(restore(&format!("'{cell}")), cell, "{cell:?}");
        }
        for cell in ["-12.5", "+819012345678", "-1,234.50", "5e-3", "-5E+3", "-7%", "a=b", "", "'quoted'", "2026-11-24", " x"] {
            assert!(!is_formula(cell), "{cell:?}");
            assert_eq!(restore(cell), cell, "{cell:?}");
        }
    }
}
