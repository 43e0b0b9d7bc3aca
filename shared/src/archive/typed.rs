//! Cells of typed fields that a spreadsheet interprets as what they are, so that it preserves their value.
//!
//! A spreadsheet saves a CSV file as it displays it. Excel keeps 15 digits of a number and displays eleven characters
//! ("Excel specifications and limits", "Available number formats in Excel": General). LibreOffice displays two decimals
//! of a number with an exponent and, in some languages, no decimals of a percentage. Cells beyond these limits are
//! marked.

use super::formulas::{is_digits, is_grouped};

/// Maximum length of a number, with its decimal point, that the General format displays in full.
pub(super) const SHOWN: usize = 11;

/// Returns whether a spreadsheet preserves the value of a number.
pub(super) fn is_kept_number(cell: &str) -> bool {
    let text = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    if let Some(percent) = text.strip_suffix(b"%") {
        return percent.len() < SHOWN && is_whole(percent);
    }
    let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let shown = text.iter().filter(|byte| **byte != b',').count();
    shown <= SHOWN && is_whole(whole) && fraction.is_none_or(is_digits)
}

/// Matches digits, grouped or not, without a leading zero.
fn is_whole(text: &[u8]) -> bool {
    text == b"0" || (text.first() != Some(&b'0') && (is_digits(text) || is_grouped(text)))
}

/// Matches an ISO 8601 date, with or without a time, from 1901 on, because Excel knows no earlier dates. Excel
/// interprets `2026-11-26 04:00:05` without a zone as a time and saves it without seconds.
pub(super) fn is_kept_date(cell: &str) -> bool {
    let Some((day, rest)) = cell.split_at_checked(10) else { return false };
    let is_known = day.get(..4).is_some_and(|year| year > "1900") && has_shape(day.as_bytes(), "0000-00-00");
    is_known && (rest.is_empty() || is_kept_time(rest))
}

fn is_kept_time(text: &str) -> bool {
    let [between @ (b' ' | b'T'), h0, h1, b':', m0, m1, rest @ ..] = text.as_bytes() else { return false };
    if ![h0, h1, m0, m1].into_iter().all(u8::is_ascii_digit) {
        return false;
    }
    let at = rest.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-')).unwrap_or(rest.len());
    let (seconds, zone) = rest.split_at(at);
    is_seconds(seconds) && is_zone(zone) && (*between == b'T' || !zone.is_empty() || matches!(seconds, b"" | b":00"))
}

fn is_seconds(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', s0, s1, rest @ ..] if s0.is_ascii_digit() && s1.is_ascii_digit() => match rest {
            [] => true,
            [b'.', fraction @ ..] => is_digits(fraction),
            _ => false,
        },
        _ => false,
    }
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        [] | b"Z" => true,
        [_, rest @ ..] => ["00", "00:00", "0000"].iter().any(|shape| has_shape(rest, shape)),
    }
}

/// Returns whether the text has a digit wherever the shape has `0`, and equals the shape elsewhere.
fn has_shape(text: &[u8], shape: &str) -> bool {
    let is_alike = |(c, wanted): (&u8, u8)| if wanted == b'0' { c.is_ascii_digit() } else { *c == wanted };
    text.len() == shape.len() && text.iter().zip(shape.bytes()).all(is_alike)
}

/// Matches true and false, which spreadsheets save in capitals.
pub(super) fn is_boolean(cell: &str) -> bool {
    cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_come_back_equal_are_distinguished_from_those_that_do_not() {
        for cell in ["0", "-5", "1200.50", "1,234.50", "12345678901", "99999999.99", "7%", "-0.5", "0.25"] {
            assert!(is_kept_number(cell), "{cell}");
        }
        for cell in [
            "",
            "-",
            "+5",
            "007",
            "123456789012",
            "1234567890.12",
            "1e5",
            "7.125%",
            "1,23",
            ".5",
            "5.",
            "1.2.3",
            "１",
            " 1",
            "0,123",
        ] {
            assert!(!is_kept_number(cell), "{cell}");
        }
        for cell in
            ["2026-11-26", "2026-11-26T04:00:05Z", "2026-11-26T04:00:05.125+09:00", "2026-11-26 04:00", "2026-11-26 04:00:05+09"]
        {
            assert!(is_kept_date(cell), "{cell}");
        }
        for cell in
            ["", "1900-02-28", "2026-1-2", "26.11.2026", "2026-11-26 04:00:05", "2026-11-26 ", "2026-11-2６", "2026-11-26Té4:00"]
        {
            assert!(!is_kept_date(cell), "{cell}");
        }
    }
}
