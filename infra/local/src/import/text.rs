//! Decodes a file's bytes into text, strictly: a byte that the encoding does not know is an error, never a replacement.

use encoding_rs::{Decoder, DecoderResult, SHIFT_JIS, UTF_8, WINDOWS_1252};

/// How a CSV file's text is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// Shift_JIS as Windows writes it.
    ShiftJis,
    /// Western European Windows.
    Windows1252,
}

/// Bytes that the encoding does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownBytes;

/// Decodes one file.
pub struct TextDecoder {
    decoder: Decoder,
    encoding: Encoding,
}

impl TextDecoder {
    /// Begins a file.
    pub fn new(encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => UTF_8.new_decoder_with_bom_removal(),
            Encoding::ShiftJis => SHIFT_JIS.new_decoder_without_bom_handling(),
            Encoding::Windows1252 => WINDOWS_1252.new_decoder_without_bom_handling(),
        };
        Self { decoder, encoding }
    }

    /// Appends the text of the next bytes. On an error, what came before the unknown bytes has been appended.
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

    /// Five bytes of Windows-1252 have no character; the decoder gives control characters for them.
    fn refuse_controls(&self, from: usize, text: &mut String) -> Result<(), UnknownBytes> {
        if self.encoding != Encoding::Windows1252 {
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
        assert_eq!(decode(Encoding::Utf8, b"\xEF\xBB\xBF\xE3\x81\x82"), ("あ".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::ShiftJis, b"\x8A\x94\x81@\x87\x40"), ("株　①".to_owned(), Ok(())));
        assert_eq!(decode(Encoding::Windows1252, b"caf\xE9 \x80"), ("café €".to_owned(), Ok(())));
    }

    #[test]
    fn unknown_bytes_are_refused_and_the_text_before_them_is_kept() {
        assert_eq!(decode(Encoding::Utf8, b"ab\xFFc"), ("ab".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::Utf8, b"ab\xE3\x81"), ("ab".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::ShiftJis, b"a\xFF"), ("a".to_owned(), Err(UnknownBytes)));
        assert_eq!(decode(Encoding::Windows1252, b"a\x81b"), ("a".to_owned(), Err(UnknownBytes)));
    }
}
