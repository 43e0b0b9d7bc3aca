//! Decoding of zip entry names. A zip only states whether a name is UTF-8; other names are in the code page of the
//! writer.

use std::str::FromStr;

use oem_cp::code_table::DECODING_TABLE_CP_MAP;

use super::text::Encoding;

/// The encoding of names that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameEncoding {
    /// An encoding of the web, for example `shift_jis` or `gbk`.
    Web(Encoding),
    /// A DOS code page, for example 437 or 850.
    CodePage(u16),
}

/// Error returned when a text names no encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("name an encoding such as shift_jis, gbk, windows-1252, cp437, cp850 or cp866")]
pub struct UnknownName;

impl NameEncoding {
    /// The code page of PKZIP, which APPNOTE appendix D prescribes for names that are not UTF-8.
    const DOS: Self = Self::CodePage(437);

    /// Decodes a name; `None` if its bytes are invalid in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Web(encoding) => encoding.decode_all(bytes),
            Self::CodePage(page) => DECODING_TABLE_CP_MAP.get(&page)?.decode_string_checked(bytes),
        }
    }
}

impl FromStr for NameEncoding {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let page = text.strip_prefix("cp").or_else(|| text.strip_prefix("CP")).and_then(|page| page.parse().ok());
        match page {
            Some(932) => Ok(Self::Web(Encoding::SHIFT_JIS)),
            Some(page) if DECODING_TABLE_CP_MAP.contains_key(&page) => Ok(Self::CodePage(page)),
            Some(page) => Encoding::named(&format!("windows-{page}")).map(Self::Web).ok_or(UnknownName),
            None => Encoding::named(text).map(Self::Web).ok_or(UnknownName),
        }
    }
}

impl std::fmt::Display for NameEncoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Web(encoding) => encoding.fmt(f),
            Self::CodePage(page) => write!(f, "cp{page}"),
        }
    }
}

/// A name as stored in the zip.
#[derive(Debug, Clone)]
pub struct RawName {
    /// Bytes of the header.
    pub bytes: Vec<u8>,
    /// Whether the header declares UTF-8.
    pub is_utf8: bool,
    /// Info-ZIP Unicode path (APPNOTE 4.6.9), if it matches these bytes.
    pub unicode: Option<String>,
    /// Whether DOS or Windows created the zip, where a backslash is a separator.
    pub from_dos: bool,
}

impl RawName {
    /// Returns the name if it needs no code page.
    pub fn text(&self) -> Option<String> {
        if let Some(unicode) = &self.unicode {
            return Some(unicode.clone());
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) if self.is_utf8 => Some(String::from_utf8_lossy(&self.bytes).into_owned()),
            Err(_) => None,
        }
    }

    /// Converts a decoded name into a path with `/` as separator.
    pub fn path(&self, text: &str) -> String {
        let text = if self.from_dos { text.replace('\\', "/") } else { text.to_owned() };
        text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
    }
}

/// Returns the code page of a zip's names: the one that the user chose, or Shift_JIS if all names are valid in it, or
/// DOS.
pub fn code_page(names: &[&RawName], chosen: Option<NameEncoding>) -> NameEncoding {
    chosen.unwrap_or_else(|| {
        let japanese = NameEncoding::Web(Encoding::SHIFT_JIS);
        let is_japanese = |name: &&RawName| {
            let text = japanese.decode(&name.bytes);
            text.is_some_and(|text| !text.contains(|c| matches!(c, '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}')))
        };
        if names.iter().all(is_japanese) { japanese } else { NameEncoding::DOS }
    })
}

/// Returns whether a path stays inside the zip and is usable as a name.
pub fn is_safe(path: &str) -> bool {
    let inside = path.strip_suffix('/').unwrap_or(path);
    let bytes = inside.as_bytes();
    let has_drive = bytes.len() > 1 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic();
    !has_drive && !inside.contains('\0') && inside.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> RawName {
        RawName { bytes: bytes.to_vec(), is_utf8: false, unicode: None, from_dos: true }
    }

    #[test]
    fn names_that_lead_out_of_a_zip_are_not_safe() {
        for path in ["../x.csv", "a/../../x", "/etc/x", "C:/x", "a//b", "a/./b", "a\0b"] {
            assert!(!is_safe(path), "{path}");
        }
        assert!(is_safe("a/b.csv") && is_safe("a/") && is_safe("\u{FFFD}quote.pdf"));
    }

    #[test]
    fn names_in_utf_8_need_no_code_page_and_a_unicode_path_wins() {
        assert_eq!(name("見込み客.csv".as_bytes()).text().as_deref(), Some("見込み客.csv"));
        let both = RawName { unicode: Some("Müller.pdf".to_owned()), ..name(b"M\x81ller.pdf") };
        assert_eq!(both.text().as_deref(), Some("Müller.pdf"));
        assert_eq!(name(b"M\x81ller.pdf").text(), None);
    }

    #[test]
    fn code_pages_are_chosen_or_found() {
        let (japanese, german) = (name(b"\x8A\x94.csv"), name(b"Gr\x94\xE1e \x82.pdf"));
        assert_eq!(code_page(&[&japanese], None).decode(&japanese.bytes).as_deref(), Some("株.csv"));
        assert_eq!(code_page(&[&german], None).decode(&german.bytes).as_deref(), Some("Größe é.pdf"));
        let gbk: NameEncoding = "gbk".parse().expect("known");
        assert_eq!(code_page(&[&japanese], Some(gbk)), gbk);
        assert_eq!(gbk.decode(b"\xB1\xA8\xBC\xDB.pdf").as_deref(), Some("报价.pdf"));
        assert_eq!("cp850".parse(), Ok(NameEncoding::CodePage(850)));
        assert_eq!("nonsense".parse::<NameEncoding>(), Err(UnknownName));
    }

    #[test]
    fn backslashes_separate_where_windows_made_the_zip() {
        assert_eq!(name(b"").path("attachments\\Leads\\1\\a.txt"), "attachments/Leads/1/a.txt");
        let unix = RawName { from_dos: false, ..name(b"") };
        assert_eq!(unix.path("./a\\b"), "a\\b");
    }
}
