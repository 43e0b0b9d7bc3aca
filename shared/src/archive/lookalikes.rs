//! Texts that some spreadsheet takes for a number, an amount, a date, a time or a truth value, and then saves in a
//! different form.
//!
//! Which texts these are depends on the program, its version and its language, and no list is complete. A text
//! therefore counts if it consists only of the elements of such values: digits, signs, separators, currencies, and the
//! words of [`super::words`]. Some harmless texts count as well, but a superfluous apostrophe costs nothing, because
//! undoing is exact.

use super::formulas::is_digits;
use super::typed::SHOWN;
use super::words::{is_constant, is_of_values};

/// Length of the longest constant in bytes; a full-width letter has three.
const LONGEST_CONSTANT: usize = 20;
/// Length of the longest word in bytes.
const LONGEST_WORD: usize = 16;
/// First character of the Chinese, Japanese and Korean blocks; such letters must be units of values.
const FIRST_OF_CJK: char = '\u{2E80}';

/// Returns whether every spreadsheet saves this number unchanged: it is shown in full, has no leading or trailing zero,
/// and is not a day and month (`1.5`).
pub(super) fn is_unchanged_number(cell: &str) -> bool {
    let text = cell.strip_prefix('-').unwrap_or(cell);
    if text.len() > SHOWN || !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let point = text.bytes().position(|byte| byte == b'.');
    let (whole, fraction) = point.map_or((text, "1"), |at| (&text[..at], &text[at + 1..]));
    let is_plain = is_digits(whole.as_bytes()) && is_digits(fraction.as_bytes());
    if !is_plain || (whole.len() > 1 && whole.starts_with('0')) || fraction.ends_with('0') {
        return false;
    }
    match point.is_some() {
        true => !fraction.starts_with("0000") && !is_day_and_month(whole, fraction) && !is_thousands(whole, fraction),
        false => cell != "-0",
    }
}

/// `12.5` and `11.2026` are dates in locales that separate dates with dots.
fn is_day_and_month(first: &str, second: &str) -> bool {
    if first.len() > 4 {
        return false;
    }
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    let (first, second) = (number(first), number(second));
    let is_pair = first.max(second) <= 31 && (1..=12).contains(&first.min(second));
    is_pair || (first.min(second) <= 12 && (1_900..=2_100).contains(&first.max(second)))
}

/// `1.234` and `0.512` are whole numbers in locales that separate thousands with dots.
fn is_thousands(whole: &str, fraction: &str) -> bool {
    whole.len() <= 3 && fraction.len() == 3
}

/// Returns whether some spreadsheet may take the text for a value.
pub(super) fn looks_like_a_value(cell: &str) -> bool {
    let text = cell.trim_matches(is_blank);
    if may_be_constant(text) && is_constant(text.chars().map(narrow).flat_map(char::to_lowercase)) {
        return true;
    }
    // Most cells are of ASCII, and end at their first word.
    let is_made_of_values = if text.is_ascii() { ascii_is_made_of_values(text) } else { is_made_of_values(text) };
    is_made_of_values && !is_code(text) && has_closed_brackets(text)
}

/// Returns whether the text's length and first letter allow a truth value or an error constant.
fn may_be_constant(text: &str) -> bool {
    let begins = |c: char| matches!(narrow(c).to_ascii_lowercase(), '#' | 't' | 'f' | 'w' | 'v' | 'o');
    text.len() <= LONGEST_CONSTANT && text.starts_with(begins)
}

fn is_made_of_values(text: &str) -> bool {
    let (mut has_digit, mut before) = (false, ' ');
    let mut word = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let c = narrow(c);
        if c.is_alphabetic() {
            if word.len() > LONGEST_WORD || (c >= FIRST_OF_CJK && !is_of_values(c.encode_utf8(&mut [0; 4]))) {
                return false;
            }
            word.extend(c.to_lowercase());
            if rest.clone().next().is_some_and(|next| narrow(next).is_alphabetic()) {
                continue;
            }
            if !fits(&word, before, rest.as_str()) {
                return false;
            }
            word.clear();
        } else if !is_digit(c) && !is_sign(c) {
            return false;
        }
        has_digit |= is_digit(c);
        before = c;
    }
    has_digit
}

/// [`is_made_of_values`] for a text of ASCII. It reads bytes and makes no texts, because most cells of a backup pass here.
fn ascii_is_made_of_values(text: &str) -> bool {
    let (mut has_digit, mut before, mut rest) = (false, ' ', text);
    while let Some(byte) = rest.bytes().next() {
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (read, after) = rest.split_at(letters.max(1));
        if letters > 0 {
            let mut lower = [0; LONGEST_WORD];
            let Some(lower) = lower.get_mut(..letters) else { return false };
            lower.copy_from_slice(read.as_bytes());
            lower.make_ascii_lowercase();
            if !str::from_utf8(lower).is_ok_and(|word| fits(word, before, after)) {
                return false;
            }
        } else if !byte.is_ascii_digit() && !is_sign(char::from(byte)) {
            return false;
        }
        has_digit |= byte.is_ascii_digit();
        (before, rest) = (char::from(byte), after);
    }
    has_digit
}

/// Returns whether a word may stand at this position in a value.
fn fits(word: &str, before: char, after: &str) -> bool {
    let next = after.chars().next().map(narrow);
    match word {
        "e" => is_digit(before) || before == '.',
        "t" if is_digit(before) => true,
        "z" => is_digit(before),
        "am" | "pm" | "a" | "p" => after.is_empty(),
        "m" | "t" | "s" | "h" | "r" => next.is_some_and(is_digit) && after.matches(['.', '/', '-']).count() >= 2,
        _ => is_of_values(word),
    }
}

/// Groups of digits with hyphens, such as a telephone number or postcode; two long groups rule out a date.
pub(super) fn is_code(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return false;
    }
    let long = text.split('-').filter(|group| group.len() >= 3).count();
    long >= 2 && text.split('-').all(|group| is_digits(group.as_bytes()))
}

/// Brackets must enclose a negative amount as a whole.
fn has_closed_brackets(text: &str) -> bool {
    !text.chars().any(|c| matches!(narrow(c), '(' | ')')) || text.chars().next_back().is_some_and(|c| narrow(c) == ')')
}

/// Converts a full-width character to ASCII.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{180E}')
}

fn is_digit(c: char) -> bool {
    let other_scripts = ['\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{E50}', '\u{ED0}', '\u{1040}', '\u{17E0}'];
    c.is_ascii_digit() || (!c.is_ascii() && other_scripts.iter().any(|zero| (*zero..).take(10).any(|digit| digit == c)))
}

pub(super) fn is_sign(c: char) -> bool {
    let is_currency = matches!(
        c,
        '$' | '¢' | '£' | '¥' | '฿' | '\\' | '\u{20A0}'..='\u{20CF}' | '\u{FFE0}' | '\u{FFE1}' | '\u{FFE5}' | '\u{FFE6}'
    );
    is_currency
        || is_blank(c)
        || matches!(c, '+' | '-' | '.' | ',' | ':' | '/' | '%' | '(' | ')' | '\'' | '’' | '\u{2212}' | '、')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_no_spreadsheet_changes_are_distinguished_from_others() {
        for cell in ["0", "7", "-5", "1200.5", "99.5", "1950.75", "12345678901", "-0.25"] {
            assert!(is_unchanged_number(cell), "{cell}");
        }
        for cell in [
            "",
            "-",
            "-0",
            "+5",
            "007",
            "1.50",
            "1.5",
            "12.5",
            "11.2026",
            "123456789012",
            "1e5",
            "１",
            " 1",
            "0.00001",
            "1,234",
            "1.234",
            "0.512",
        ] {
            assert!(!is_unchanged_number(cell), "{cell}");
        }
    }

    #[test]
    fn texts_that_a_spreadsheet_takes_for_values_count() {
        for cell in [
            "4876876000000000001",
            "+819012345678",
            "0000037",
            "1e5",
            "12E4",
            "1.50",
            "1-2",
            "1/2",
            "1 1/2",
            "2026-11-26",
            "26.11.2026",
            "11/26/2026 4:30 PM",
            "12:30",
            "3 p",
            "Mar 5",
            "5. März 2026",
            "5 de mayo de 2026",
            "2026年11月26日",
            "令和8年11月26日",
            "R8.11.26",
            "午後3時",
            "TRUE",
            "false",
            "ＴＲＵＥ",
            "Falsch",
            "#n/a",
            "5%",
            "$5",
            "￥100",
            "10円",
            "EUR 5",
            "(5)",
            "5-",
            "1,234",
            "1'234",
            " 1",
            "\u{A0}1",
            "１２３",
            "１Ｅ５",
            "٣",
            "−5",
            "\u{1C}5",
            "03-1234",
            "2026-11-26T04:00:00Z",
        ] {
            assert!(looks_like_a_value(cell), "{cell}");
        }
    }

    proptest! {
        /// The rule for ASCII is the rule for all texts.
        #[test]
        fn ascii_is_judged_like_any_text(parts in proptest::collection::vec(element(), 0..7)) {
            let text = parts.concat();
            prop_assert_eq!(ascii_is_made_of_values(&text), is_made_of_values(&text), "{:?}", text);
        }
    }

    fn element() -> impl Strategy<Value = String> {
        let words: Vec<_> = super::super::words::all().filter(|word| word.is_ascii()).collect();
        let signs = "+-.,:/%()'$\\ \t\0\u{7F}#_@&e t z m am pm 0 1 12 123 2026".chars().map(String::from).collect::<Vec<_>>();
        prop_oneof![
            prop::sample::select(words.clone()),
            prop::sample::select(words).prop_map(|word| word.to_ascii_uppercase()),
            prop::sample::select(signs),
            "[0-9]{1,5}",
            "[a-zA-Z]{1,18}",
            "[ -~]{0,4}",
        ]
    }

    #[test]
    fn other_texts_do_not_count() {
        for cell in [
            "",
            " ",
            "Sakura",
            "March",
            "Room 5",
            "A-1",
            "P-3",
            "T5",
            "SO-2026-001",
            "1丁目2番3号",
            "03-1234-5678",
            "0120-123-456",
            "100-0001",
            "(03) 1234-5678",
            "May 5 meeting",
            "3 boxes",
            "zcrm_4876876",
            "1_000",
            "0x1F",
            "No. 5",
            "#5",
            "10-20 x",
            "trueish",
            "午後",
            "-",
            "...",
        ] {
            assert!(!looks_like_a_value(cell), "{cell}");
        }
    }
}
