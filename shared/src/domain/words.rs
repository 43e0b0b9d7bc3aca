//! What is searched for: words, all of which must occur in one record.

use std::collections::BTreeSet;

use super::folding::fold;

/// Maximum number of words.
const MAX_WORDS: usize = 8;
/// Maximum size of all words in bytes.
const MAX_BYTES: usize = 600;
/// Characters that CSV or its escaping writes in another form.
const ESCAPED: [char; 5] = ['"', '\0', '␀', '␍', '␛'];

/// How a word must occur in a cell. In scripts without spaces, such as Japanese, every character begins and ends a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WordMatch {
    /// At the beginning of a word.
    #[default]
    Prefix,
    /// As a whole word.
    Exact,
}

impl WordMatch {
    /// Whole words, or their beginnings.
    pub fn exact_if(is_exact: bool) -> Self {
        if is_exact { Self::Exact } else { Self::Prefix }
    }

    /// The one with a name; beginnings without a name. `None` for a name that is not known.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::default()),
            Some(name) => [Self::Prefix, Self::Exact].into_iter().find(|known| known.name() == name),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Exact => "exact",
        }
    }
}

/// Error returned when there is no word, or when there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one to {MAX_WORDS} words of at most {MAX_BYTES} bytes")]
pub struct UnsearchableWords;

/// Folded words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWords {
    words: Vec<String>,
    matching: WordMatch,
}

impl SearchWords {
    /// Reads words that are separated by spaces.
    pub fn read(text: &str, matching: WordMatch) -> Result<Self, UnsearchableWords> {
        let folded = fold(text);
        let words: BTreeSet<&str> = folded.split_whitespace().collect();
        if words.is_empty() || words.len() > MAX_WORDS || folded.len() > MAX_BYTES {
            return Err(UnsearchableWords);
        }
        Ok(Self { words: words.into_iter().map(str::to_owned).collect(), matching })
    }

    /// Whether a cell has one of the words, in any form.
    pub fn occur_in(&self, cell: &str) -> bool {
        self.found_in(&fold(cell)) > 0
    }

    /// Whether every word occurs in one of the cells of a record.
    pub fn match_record<'a>(&self, cells: impl Iterator<Item = &'a str>) -> bool {
        let (mut found, all) = (0, (1u32 << self.words.len()) - 1);
        for cell in cells {
            found |= self.found_in(&fold(cell));
            if found == all {
                return true;
            }
        }
        false
    }

    /// The words as sets of bits that occur in a folded cell.
    fn found_in(&self, folded: &str) -> u32 {
        let bits = self.words.iter().enumerate().filter(|(_, word)| self.occurs(word, folded));
        bits.fold(0, |found, (at, _)| found | 1 << at)
    }

    fn occurs(&self, word: &str, cell: &str) -> bool {
        let (mut from, step) = (0, word.chars().next().map_or(1, char::len_utf8));
        while let Some(at) = cell[from..].find(word) {
            let (start, end) = (from + at, from + at + word.len());
            let begins = is_boundary(cell[..start].chars().next_back(), word.chars().next());
            let ends = || is_boundary(word.chars().next_back(), cell[end..].chars().next());
            if begins && (self.matching == WordMatch::Prefix || ends()) {
                return true;
            }
            from = start + step;
        }
        false
    }

    /// For each word a part of it that CSV writes as it is; empty if it has none.
    pub fn plain_parts(&self) -> Vec<&str> {
        let part = |word| str::split(word, ESCAPED).max_by_key(|part| part.len()).unwrap_or_default();
        self.words.iter().map(|word| part(word.as_str())).collect()
    }
}

fn is_boundary(before: Option<char>, after: Option<char>) -> bool {
    !(before.is_some_and(is_joined) && after.is_some_and(is_joined))
}

/// Whether a character forms words with its neighbours.
fn is_joined(letter: char) -> bool {
    letter.is_alphanumeric() && !is_of_script_without_spaces(letter)
}

/// Thai, Lao, Burmese, Khmer, kana and Chinese characters.
fn is_of_script_without_spaces(letter: char) -> bool {
    matches!(letter,
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(words: &str, matching: WordMatch, cells: &[&str]) -> bool {
        SearchWords::read(words, matching).expect("words").match_record(cells.iter().copied())
    }

    #[test]
    fn a_word_is_found_from_its_beginning_or_as_a_whole() {
        use WordMatch::{Exact, Prefix};
        for (words, cell, prefix, exact) in [
            ("sak", "Sakura Trading", true, false),
            ("SAKURA", "株式会社sakura", true, true),
            ("kura", "Sakura", false, false),
            ("サクラ", "株式会社ｻｸﾗ商事", true, true),
            ("0120", "℡ ０１２０-444", true, true),
            ("a-a", "xa-a-a", true, true),
            ("taro@example.com", "Taro@Example.com", true, true),
            ("example", "taro@example.com", true, true),
            ("12", "123", true, false),
            ("\"太郎\"", "山田 \"太郎\"", true, true),
        ] {
            assert_eq!((finds(words, Prefix, &[cell]), finds(words, Exact, &[cell])), (prefix, exact), "{words} in {cell}");
        }
    }

    #[test]
    fn all_words_must_occur_in_one_record() {
        assert!(finds("tokyo sakura", WordMatch::Prefix, &["Sakura", "Minato, Tokyo"]));
        assert!(!finds("tokyo sakura", WordMatch::Prefix, &["Sakura", "Osaka"]));
    }

    #[test]
    fn words_are_required_and_bounded() {
        for text in ["", " \u{3000} ", "1 2 3 4 5 6 7 8 9", &"x".repeat(601)] {
            assert_eq!(SearchWords::read(text, WordMatch::Exact), Err(UnsearchableWords), "{text:?}");
        }
        let words = SearchWords::read("b\u{3000}a a 5\"disk", WordMatch::Exact).expect("words");
        assert_eq!(words.plain_parts(), ["disk", "a", "b"]);
    }
}
