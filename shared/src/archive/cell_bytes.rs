//! Kinds of bytes in a cell, found in one pass. They answer most questions about a cell without reading it again.

/// A set of kinds of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CellBytes(u8);

impl CellBytes {
    /// Digits of ASCII.
    pub const DIGIT: Self = Self(1);
    /// Letters of ASCII.
    pub const LETTER: Self = Self(1 << 1);
    /// Characters of ASCII that numbers, dates and times contain, blanks and control characters; without brackets.
    pub const SIGN: Self = Self(1 << 2);
    /// Round brackets.
    pub const BRACKET: Self = Self(1 << 3);
    /// Other characters of ASCII.
    pub const OTHER: Self = Self(1 << 4);
    /// Parts of characters beyond ASCII.
    pub const WIDE: Self = Self(1 << 5);
    /// Quotes, and separators of cells and rows in any spreadsheet. A cell with one of them is quoted.
    pub const SEPARATOR: Self = Self(1 << 6);
    /// NUL and carriage return, which spreadsheets lose or change.
    pub const LOST: Self = Self(1 << 7);

    /// Returns the kinds of all bytes of a text.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |found, byte| found | KINDS[usize::from(byte)]))
    }

    /// Returns a set of both.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether a byte is of one of these kinds.
    pub fn has(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// Returns whether all bytes are of these kinds; a separator is also of another kind, and so is what is lost.
    pub fn are_all(self, kinds: Self) -> bool {
        self.0 & !kinds.or(Self::SEPARATOR).or(Self::LOST).0 == 0
    }
}

/// The kinds of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = kinds_of(byte as u8).0;
        byte += 1;
    }
    kinds
};

const fn kinds_of(byte: u8) -> CellBytes {
    let kind = match byte {
        b'0'..=b'9' => CellBytes::DIGIT,
        b'a'..=b'z' | b'A'..=b'Z' => CellBytes::LETTER,
        b'(' | b')' => CellBytes::BRACKET,
        b'+' | b'-' | b'.' | b',' | b':' | b'/' | b'%' | b'\'' | b'$' | b'\\' | b'\0'..=b' ' | b'\x7F' => CellBytes::SIGN,
        0x80.. => CellBytes::WIDE,
        _ => CellBytes::OTHER,
    };
    match byte {
        b'"' | b',' | b';' | b'\t' | b'\n' => kind.or(CellBytes::SEPARATOR),
        b'\r' => kind.or(CellBytes::SEPARATOR).or(CellBytes::LOST),
        b'\0' => kind.or(CellBytes::LOST),
        _ => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::lookalikes::is_sign;

    #[test]
    fn each_character_has_the_kinds_that_the_rules_give_it() {
        for c in '\0'..='\u{2000}' {
            let bytes = CellBytes::of(c.encode_utf8(&mut [0; 4]));
            assert_eq!(bytes.has(CellBytes::DIGIT), c.is_ascii_digit(), "{c:?}");
            assert_eq!(bytes.has(CellBytes::LETTER), c.is_ascii_alphabetic(), "{c:?}");
            assert_eq!(bytes.has(CellBytes::WIDE), !c.is_ascii(), "{c:?}");
            assert_eq!(bytes.has(CellBytes::SIGN.or(CellBytes::BRACKET)), c.is_ascii() && is_sign(c), "{c:?}");
            assert_eq!(bytes.has(CellBytes::BRACKET), matches!(c, '(' | ')'), "{c:?}");
            assert_eq!(bytes.has(CellBytes::SEPARATOR), matches!(c, '"' | ',' | ';' | '\t' | '\r' | '\n'), "{c:?}");
            assert_eq!(bytes.has(CellBytes::LOST), matches!(c, '\r' | '\0'), "{c:?}");
            assert_eq!(bytes.has(CellBytes::OTHER), c.is_ascii_punctuation() && !is_sign(c), "{c:?}");
        }
    }

    #[test]
    fn kinds_of_a_text_are_those_of_its_characters() {
        let bytes = CellBytes::of("12:30\r");
        assert!(bytes.are_all(CellBytes::DIGIT.or(CellBytes::SIGN)) && !bytes.are_all(CellBytes::DIGIT));
        assert!(bytes.has(CellBytes::LOST) && !bytes.has(CellBytes::LETTER));
        assert!(CellBytes::of("").are_all(CellBytes::DIGIT));
    }
}
