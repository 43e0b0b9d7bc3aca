//! Names and values on the terminal. Their control characters are escaped, because a backup may contain any text.

use hozon::language::say;

/// Number of characters of a value that are shown.
const MAX_SHOWN: usize = 120;

/// A value in quotes, or that there is none.
pub fn value(value: Option<&str>) -> String {
    let Some(text) = value else { return say("(no value)", "（値なし）").to_owned() };
    match text.char_indices().nth(MAX_SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// A name without quotes.
pub fn escaped(text: &str) -> String {
    let quoted = format!("{text:?}");
    quoted[1..quoted.len() - 1].replace("\\\"", "\"")
}
