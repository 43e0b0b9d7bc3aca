//! Two values of a field as answers show them.

/// Number of characters of a value that are shown.
const MAX_SHOWN: usize = 4_000;

/// The beginnings of two values.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownValues {
    pub before: Option<String>,
    pub after: Option<String>,
    /// Whether one of the values is longer.
    pub is_cut: bool,
}

impl ShownValues {
    /// Takes the beginnings of these values; `None` is no value.
    pub fn of(before: Option<&str>, after: Option<&str>) -> Self {
        let is_cut = [before, after].into_iter().flatten().any(|text| beginning(text).len() < text.len());
        let [before, after] = [before, after].map(|text| text.map(|text| beginning(text).to_owned()));
        Self { before, after, is_cut }
    }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(MAX_SHOWN).map_or(text, |(end, _)| &text[..end])
}
