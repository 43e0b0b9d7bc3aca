//! The rule of [`super::lookalikes`] for texts of ASCII, which most cells are. It reads bytes and keeps no text of its own, because every
//! cell of a backup passes here.

use super::formulas::is_digits;
use super::words::{is_ascii_constant, is_ascii_word};

/// Length of the longest word of values in bytes; longer ones are none.
const LONGEST_WORD: usize = 16;

/// Returns whether some spreadsheet may take a text of ASCII for a value.
pub(super) fn looks_like_a_value(cell: &str) -> bool {
    let text = trimmed(cell.as_bytes());
    is_ascii_constant(text) || (is_made_of_values(text) && !is_code(text) && has_closed_brackets(text))
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

fn is_made_of_values(text: &[u8]) -> bool {
    let (mut has_digit, mut at) = (false, 0);
    while let Some(byte) = text.get(at) {
        if byte.is_ascii_alphabetic() {
            let length = text[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            if !fits(&text[at..at + length], text[..at].last().copied(), &text[at + length..]) {
                return false;
            }
            at += length;
        } else if byte.is_ascii_digit() {
            has_digit = true;
            at += 1;
        } else if is_blank(*byte) || b"$\\+-.,:/%()'".contains(byte) {
            at += 1;
        } else {
            return false;
        }
    }
    has_digit
}

/// Returns whether a word may stand at this position in a value.
fn fits(word: &[u8], before: Option<u8>, after: &[u8]) -> bool {
    let mut lower = [0; LONGEST_WORD];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let is_behind_digit = before.is_some_and(|byte| byte.is_ascii_digit());
    match &*lower {
        b"e" => is_behind_digit || before == Some(b'.'),
        b"t" if is_behind_digit => true,
        b"z" => is_behind_digit,
        b"am" | b"pm" | b"a" | b"p" => after.is_empty(),
        b"m" | b"t" | b"s" | b"h" | b"r" => {
            after.first().is_some_and(u8::is_ascii_digit) && after.iter().filter(|byte| b"./-".contains(byte)).count() >= 2
        }
        other => is_ascii_word(other),
    }
}

/// Groups of digits with hyphens, such as a telephone number or postcode; two long groups rule out a date.
fn is_code(text: &[u8]) -> bool {
    let groups = || text.split(|byte| *byte == b'-');
    groups().all(is_digits) && groups().filter(|group| group.len() >= 3).count() >= 2
}

/// Brackets must enclose a negative amount as a whole.
fn has_closed_brackets(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, b'(' | b')')) || text.last() == Some(&b')')
}

fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7F
}
