//! How the values of each type are read, so that the server reads the text back unchanged.

use crate::catalog::Column;
use crate::names::quoted;

/// What a value that the server sends becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The text that the server sends.
    Text,
    /// Bytes, written as `0x` and hexadecimal digits; no bytes are the empty text.
    Bytes,
    /// A number of single precision. The server sends it in double precision, since its own text has six digits only.
    Single,
}

impl Column {
    fn is_geometry(&self) -> bool {
        matches!(
            self.data_type.as_str(),
            "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
                | "geomcollection"
        )
    }

    fn is_bytes(&self) -> bool {
        matches!(self.data_type.as_str(), "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector")
    }

    /// Form of the column's values.
    pub(crate) fn form(&self) -> Form {
        match self.data_type.as_str() {
            "float" => Form::Single,
            _ if self.is_bytes() || self.is_geometry() => Form::Bytes,
            _ => Form::Text,
        }
    }

    /// Names the column's type, and explains its text where it is not the server's own.
    pub(crate) fn described(&self) -> String {
        let declared = &self.declared;
        match self.data_type.as_str() {
            "bit" => format!("{declared} (as a number)"),
            _ if self.is_geometry() => {
                format!("{declared} (0x and hexadecimal digits: the SRID in four bytes, lowest first, then WKB)")
            }
            _ if self.is_bytes() => format!("{declared} (0x and hexadecimal digits)"),
            _ => declared.clone(),
        }
    }

    /// The column in a list of what is selected.
    pub(crate) fn selected(&self) -> String {
        let name = quoted(&self.name);
        match (self.data_type.as_str(), self.charset.as_deref()) {
            ("bit", _) => format!("cast({name} as unsigned)"),
            ("float", _) => format!("{name} + 0e0"),
            // The bytes are UTF-8, and checked when they are read.
            (data_type, Some("utf8" | "utf8mb3")) if is_text(data_type) => format!("cast({name} as binary)"),
            _ => name,
        }
    }

    /// An expression that is 1 for a text that the server can only convert with loss. It writes `?` for what it cannot convert
    /// and reports nothing, so that the conversion back must have as many question marks as the text itself.
    pub(crate) fn conversion_check(&self) -> Option<String> {
        let charset = self.charset.as_deref()?;
        if !is_text(&self.data_type) || matches!(charset, "utf8" | "utf8mb3" | "utf8mb4") || !is_word(charset) {
            return None;
        }
        let name = quoted(&self.name);
        let converted = format!("convert({name} using utf8mb4)");
        let marks = |text: &str| format!("(length({text}) - length(replace(cast({text} as binary), '?', '')))");
        let back = format!("convert({converted} using {charset})");
        Some(format!("if(locate('?', {converted}) = 0, 0, {} <> {})", marks(&name), marks(&back)))
    }
}

fn is_text(data_type: &str) -> bool {
    matches!(data_type, "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext")
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
