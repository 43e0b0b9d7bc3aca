//! Folds text, so that what people take for the same text is equal: compatibility forms (NFKC, which also folds the widths of Latin letters
//! and katakana) and upper and lower case. Hiragana and katakana stay distinct.

use unicode_normalization::UnicodeNormalization;

/// What the half-width katakana from U+FF61 on stand for.
const HALF_WIDTH: [char; 61] = [
    '。', '「', '」', '、', '・', 'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー', 'ア', 'イ', 'ウ', 'エ', 'オ',
    'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ', 'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ',
    'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ', 'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン',
];

/// Folds a text.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends a folded text.
pub fn fold_into(text: &str, folded: &mut String) {
    let start = folded.len();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().filter(|next| matches!(next, 'ﾞ' | 'ﾟ'));
        let found = match next {
            Some(mark) => letters.next().and_then(|_| voiced(letter, mark)),
            None => quick(letter),
        };
        match found {
            Some(letter) => folded.push(letter),
            None => {
                folded.truncate(start);
                return fold_fully(text, folded);
            }
        }
    }
}

/// Folds a half-width katakana and the mark behind it; `None` if they make no letter.
fn voiced(letter: char, mark: char) -> Option<char> {
    let plain = half_width(letter)?;
    let step = match (plain, mark) {
        ('カ'..='チ' | 'ツ'..='ト' | 'ハ'..='ホ', 'ﾞ') => 1,
        ('ハ'..='ホ', 'ﾟ') => 2,
        _ => return None,
    };
    char::from_u32(u32::from(plain) + step)
}

/// The letter that a half-width katakana stands for.
fn half_width(letter: char) -> Option<char> {
    let at = u32::from(letter).checked_sub(u32::from('｡'))?;
    HALF_WIDTH.get(usize::try_from(at).ok()?).copied()
}

/// Whether folding a text changes only ASCII letters to lower case.
pub fn is_simple(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    // A fold, not `all`, because the loop without an exit is faster.
    text.chars().fold(true, |simple, letter| simple & (letter.is_ascii() || is_stable(letter)))
}

fn fold_fully(text: &str, folded: &mut String) {
    let lower = text.nfkc().flat_map(char::to_lowercase);
    folded.extend(lower.map(|letter| if letter == 'ς' { 'σ' } else { letter }).nfkc());
}

/// Folds a letter that no neighbour changes; `None` for others.
fn quick(letter: char) -> Option<char> {
    match letter {
        '\0'..='\x7F' => Some(letter.to_ascii_lowercase()),
        '×' | 'ß' | 'à'..='ÿ' => Some(letter),
        'À'..='Þ' => char::from_u32(u32::from(letter) + 0x20),
        '！'..='～' => char::from_u32(u32::from(letter) - 0xFEE0).map(|letter| letter.to_ascii_lowercase()),
        '｡'..='ﾝ' => half_width(letter),
        letter if is_stable(letter) => Some(letter),
        _ => None,
    }
}

/// Whether a letter of Japanese or Chinese folds to itself and its neighbours do not change it.
fn is_stable(letter: char) -> bool {
    matches!(letter,
        '\u{3001}'..='\u{3035}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309E}'
        | '\u{30A0}'..='\u{30FE}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fully(text: &str) -> String {
        let mut folded = String::new();
        fold_fully(text, &mut folded);
        folded
    }

    #[test]
    fn widths_cases_and_compatibility_forms_are_folded() {
        for (one, other) in [
            ("ＡＢＣ１２３", "abc123"),
            ("ｻｸﾗｼｮｳｼﾞ", "サクラショウジ"),
            ("が", "か\u{3099}"),
            ("É", "e\u{301}"),
            ("㈱", "(株)"),
            ("ΣΑΣ", "σας"),
            ("ﬁ", "FI"),
            ("K", "k"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("さくら"), fold("サクラ"));
    }

    #[test]
    fn every_letter_alone_and_between_others_folds_as_if_fully() {
        for letter in '\0'..=char::MAX {
            for text in
                [format!("{letter}"), format!("か{letter}A"), format!("ｶ{letter}"), format!("{letter}ﾞ"), format!("{letter}ﾟﾞ")]
            {
                assert_eq!(fold(&text), fully(&text), "{text:?}");
                if is_simple(&text) {
                    assert_eq!(fold(&text), text.to_ascii_lowercase());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_folds_as_if_fully(text in "[a-dA-Dあ-んア-ヶ゙゚ｱ-ﾟ亜-哀Ａ-Ｆ！-／À-ÿ,\"\u{300}-\u{303}]{0,12}") {
            prop_assert_eq!(fold(&text), fully(&text));
            if is_simple(&text) {
                prop_assert_eq!(fold(&text), text.to_ascii_lowercase());
            }
        }
    }
}
