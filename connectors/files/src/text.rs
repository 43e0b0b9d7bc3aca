//! Strict decoding of bytes into text: a byte that is invalid in the encoding is an error and is never replaced.

use std::fmt;

use encoding_rs::{Decoder, DecoderResult, EUC_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use unicode_normalization::UnicodeNormalization;

/// A text encoding of the WHATWG Encoding Standard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8, with or without a byte order mark.
    pub const UTF_8: Self = Self(UTF_8);
    /// Shift_JIS as Windows writes it.
    pub const SHIFT_JIS: Self = Self(SHIFT_JIS);
    /// Western European Windows encoding.
    pub const WINDOWS_1252: Self = Self(WINDOWS_1252);
    /// UTF-16, little-endian, as Windows writes it.
    pub const UTF_16LE: Self = Self(UTF_16LE);
    /// UTF-16, big-endian.
    pub const UTF_16BE: Self = Self(UTF_16BE);

    /// Finds an encoding by name, for example `shift_jis`, `euc-jp`, `gbk` or `windows-1252`.
    pub fn named(name: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(name.as_bytes()).filter(|encoding| *encoding != encoding_rs::REPLACEMENT).map(Self)
    }

    /// Detects the encoding from a byte order mark.
    pub fn of_mark(bytes: &[u8]) -> Option<Self> {
        encoding_rs::Encoding::for_bom(bytes).map(|(encoding, _)| Self(encoding))
    }

    /// Detects UTF-16 without a byte order mark: every other byte at the beginning is zero, because headers are mostly
    /// Latin.
    pub fn of_zeros(bytes: &[u8]) -> Option<Self> {
        let pairs = bytes[..bytes.len().min(256)].chunks_exact(2);
        let count = pairs.len();
        let zeros = |at: usize| pairs.clone().filter(|pair| pair[at] == 0 && pair[1 - at] != 0).count();
        match (zeros(0), zeros(1)) {
            _ if count < 2 => None,
            (high, 0) if high * 2 > count => Some(Self::UTF_16BE),
            (0, low) if low * 2 > count => Some(Self::UTF_16LE),
            _ => None,
        }
    }

    /// Guesses an encoding in which the bytes are valid, as a hint for the user.
    pub fn guess(bytes: &[u8]) -> Option<Self> {
        let is_valid = |encoding: &'static encoding_rs::Encoding| {
            let (mut decoder, mut text) = (TextDecoder::new(Self(encoding)), String::new());
            let is_known = decoder.decode(bytes, false, &mut text).is_ok();
            is_known && !text.contains(|c| matches!(c, '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}'))
        };
        [EUC_JP, SHIFT_JIS, WINDOWS_1252].into_iter().find(|encoding| is_valid(encoding)).map(Self)
    }

    /// Decodes a short text; `None` if it is invalid in this encoding.
    pub fn decode_all(self, bytes: &[u8]) -> Option<String> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
    }
}

impl Default for Encoding {
    fn default() -> Self {
        Self::UTF_8
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Normalises a path, because macOS decomposes letters with diacritics.
pub fn composed(path: &str) -> String {
    path.nfc().collect()
}

/// Error returned for bytes that are invalid in the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownBytes;

/// Decodes the text of a file.
pub struct TextDecoder {
    decoder: Decoder,
    encoding: Encoding,
}

impl TextDecoder {
    /// Starts a file; its byte order mark is removed.
    pub fn new(encoding: Encoding) -> Self {
        Self { decoder: encoding.0.new_decoder_with_bom_removal(), encoding }
    }

    /// Appends the text of further bytes. On an error, the text before the invalid bytes was appended.
    pub fn decode(&mut self, mut bytes: &[u8], last: bool, text: &mut String) -> Result<(), UnknownBytes> {
        let before = text.len();
        loop {
            text.reserve(bytes.len() * 3 + 16);
            let (result, read) = self.decoder.decode_to_string_without_replacement(bytes, text, last);
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return self.refuse_controls(before, text),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err(UnknownBytes),
            }
        }
    }

    /// Five bytes of Windows-1252 are undefined; the decoder returns control characters for them.
    fn refuse_controls(&self, from: usize, text: &mut String) -> Result<(), UnknownBytes> {
        if self.encoding != Encoding::WINDOWS_1252 {
            return Ok(());
        }
        let Some(at) = text[from..].find(['\u{81}', '\u{8D}', '\u{8F}', '\u{90}', '\u{9D}']) else { return Ok(()) };
        text.truncate(from + at);
        Err(UnknownBytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: Encoding, bytes: &[u8]) -> (String, Result<(), UnknownBytes>) {
        let (mut decoder, mut text) = (TextDecoder::new(encoding), String::new());
        for byte in bytes {
            if let Err(unknown) = decoder.decode(&[*byte], false, &mut text) {
                return (text, Err(unknown));
            }
        }
        let end = decoder.decode(&[], true, &mut text);
        (text, end)
    }

    #[test]
    fn each_encoding_is_read_byte_by_byte() {
        assert_eq!(decode(Encoding::UTF_8, b"\xEF\xBB\xBF\xE3\x81\x82"), ("あ".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::SHIFT_JIS, b"\x8A\x94\x81@\x87\x40"), ("株　①".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::WINDOWS_1252, b"caf\xE9 \x80"), ("café €".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::UTF_16LE, b"\xFF\xFEI\0d\0"), ("Id".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::UTF_16BE, b"\xFE\xFF\0I\0d"), ("Id".to_owned(), Ok(())));
    }

    #[test]
    fn unknown_bytes_are_refused_and_the_text_before_them_is_kept() {
        assert_eq!(decode(Encoding::UTF_8, b"ab\xFFc"), ("ab".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::UTF_8, b"ab\xE3\x81"), ("ab".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::SHIFT_JIS, b"a\xFF"), ("a".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::WINDOWS_1252, b"a\x81b"), ("a".to_owned(), Err(UnknownBytes)));
    }

    #[test]
    fn utf_16_is_known_by_its_mark_or_by_its_zeros_and_others_are_guessed() {
        assert_eq!(Encoding::of_mark(b"\xFF\xFEI\0"), Some(Encoding::UTF_16LE));
        assert_eq!(Encoding::of_zeros(b"I\0d\0,\0N\0"), Some(Encoding::UTF_16LE));
        assert_eq!(Encoding::of_zeros(b"\0I\0d\0,\0N"), Some(Encoding::UTF_16BE));
        assert_eq!(Encoding::of_zeros(b"Id,N\r\n"), None);
        assert_eq!(Encoding::guess(b"Id\r\n\x8D\x82\x8B\xB4"), Some(Encoding::SHIFT_JIS));
        assert_eq!(Encoding::guess(b"Id\r\n\xB9\xE2\xB6\xB6"), Encoding::named("euc-jp"));
        assert_eq!(Encoding::guess(b"Id\r\nK\xF6ln 9\x80"), Some(Encoding::WINDOWS_1252));
    }
}
