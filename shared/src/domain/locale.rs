//! Languages of the user interface.

use serde::{Deserialize, Serialize};

/// A supported language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    Ja,
    /// English, also the fallback for unknown languages.
    #[default]
    En,
}

impl Locale {
    /// Parses a BCP 47 tag such as `ja-JP`. An unsupported language becomes English.
    pub fn of(tag: &str) -> Self {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ja") { Self::Ja } else { Self::En }
    }

    /// Returns the first language of an `Accept-Language` header (RFC 9110 section 12.5.4), if it is supported.
    pub fn accepted(header: &str) -> Option<Self> {
        let first = header.split([',', ';']).next().unwrap_or_default().trim();
        let language = first.split('-').next().unwrap_or_default();
        [Self::Ja, Self::En].into_iter().find(|locale| language.eq_ignore_ascii_case(locale.tag()))
    }

    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_accepted_language_is_taken_where_it_is_spoken() {
        for (header, wanted) in [
            ("ja", Some(Locale::Ja)),
            ("JA-jp,en;q=0.5", Some(Locale::Ja)),
            ("en-GB;q=0.9, ja", Some(Locale::En)),
            ("*", None),
            ("fr, ja", None),
            ("", None),
        ] {
            assert_eq!(Locale::accepted(header), wanted, "{header}");
        }
    }
}
