//! The escaping of cells: a *marked* cell has one apostrophe in front, and in it some characters are replaced by signs.
//!
//! Marking depends on the cell and on its field's type; undoing depends on nothing but the written cell, so that a reader needs no
//! field types and what is marked may change without a change of the readers. A cell that begins with an apostrophe is always marked.
//! Spreadsheets show the apostrophe of a CSV file and keep it. They lose NUL and turn every kind of line end into a line feed, so a
//! marked cell has `␀` for NUL and `␍` for a carriage return; `␛` before one of the three signs means the sign itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::formulas::{self, is_formula};
use super::lookalikes::{is_unchanged_number, looks_like_a_value};
use super::typed;
use crate::domain::archive_options::CsvOptions;
use crate::domain::rows::LONG_ROW;

/// Characters that a marked cell has a sign for, with that sign.
const SIGNS: [(char, &str); 5] = [('\0', "␀"), ('\r', "␍"), ('␀', "␛␀"), ('␍', "␛␍"), ('␛', "␛␛")];
/// The first character of a marked cell, as a regular expression.
pub const MARK: &str = "^'";
/// The signs of a marked cell, as a regular expression.
pub const SIGN: &str = "\u{241B}[\u{2400}\u{240D}\u{241B}]|[\u{2400}\u{240D}]";

/// Written cells and what they stand for.
pub const VECTORS: [(&str, &str); 18] = [
    ("", ""),
    ("Sakura", "Sakura"),
    ("'4876876000000000001", "4876876000000000001"),
    ("'+819012345678", "+819012345678"),
    ("'0000037", "0000037"),
    ("'=1+1", "=1+1"),
    ("''=1+1", "'=1+1"),
    ("''", "'"),
    ("''90s", "'90s"),
    ("'\u{1D}+1", "\u{1D}+1"),
    ("\u{1D}'x", "\u{1D}'x"),
    (" 'x", " 'x"),
    ("a\u{240D}b", "a\u{240D}b"),
    ("'a\u{240D}\nb", "a\r\nb"),
    ("'a\u{2400}b", "a\0b"),
    ("'=\u{241B}\u{240D}", "=\u{240D}"),
    ("'=\u{241B}\u{241B}\u{240D}", "=\u{241B}\r"),
    ("'=\u{241B}x", "=\u{241B}x"),
];

/// What a field's cells are to a spreadsheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CellKind {
    /// Characters: ids, names, telephone numbers, everything of an unknown type.
    #[default]
    Text,
    /// Numbers that may be computed with.
    Number,
    /// Days and times.
    Date,
    /// True or false.
    Boolean,
}

impl CellKind {
    /// The kind of a field, by the CRM's name of its type.
    pub fn of(data_type: &str) -> Self {
        match data_type.to_ascii_lowercase().as_str() {
            "integer" | "int" | "int2" | "int4" | "int8" | "smallint" | "bigint" | "long" | "number" | "numeric" | "decimal"
            | "double" | "double precision" | "float" | "float4" | "float8" | "real" | "currency" | "money" | "percent" => {
                Self::Number
            }
            "date" | "datetime" | "timestamp" | "timestamptz" => Self::Date,
            "boolean" | "bool" | "checkbox" => Self::Boolean,
            _ => Self::Text,
        }
    }

    /// Whether a spreadsheet gives back this cell of such a field equal in value.
    fn keeps_value(self, cell: &str) -> bool {
        match self {
            Self::Text => false,
            Self::Number => typed::is_kept_number(cell),
            Self::Date => typed::is_kept_date(cell),
            Self::Boolean => typed::is_boolean(cell),
        }
    }
}

/// How a file's cells were escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escaping {
    /// Not at all.
    None,
    /// By version 1 of the manifest: formulas only.
    Formulas,
    /// By the rule above.
    Cells,
}

impl Escaping {
    /// The cell as it was before it was written.
    pub fn undo(self, written: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(written),
            Self::Formulas => Cow::Borrowed(formulas::restore(written)),
            Self::Cells => undo(written),
        }
    }
}

/// How to undo the escaping, for the manifest: exact regular expressions and examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Regular expression of marked cells; what it matches is removed.
    pub mark: String,
    /// Regular expression of the signs in the rest of a marked cell.
    pub sign: String,
    /// What each sign stands for.
    pub stands_for: std::collections::BTreeMap<String, String>,
    /// Written cells and what they stand for.
    pub vectors: Vec<Vector>,
}

/// A written cell and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector {
    /// The cell in the CSV file, without the quotes of the file.
    pub written: String,
    /// The CRM's cell.
    pub cell: String,
}

impl Undo {
    /// The rule of this version.
    pub fn current() -> Self {
        let vector = |(written, cell): (&str, &str)| Vector { written: written.to_owned(), cell: cell.to_owned() };
        Self {
            mark: MARK.to_owned(),
            sign: SIGN.to_owned(),
            stands_for: SIGNS.iter().map(|(c, sign)| ((*sign).to_owned(), c.to_string())).collect(),
            vectors: VECTORS.into_iter().map(vector).collect(),
        }
    }
}

/// The cell as it is written.
pub fn escape(cell: &str, kind: CellKind, options: CsvOptions) -> Cow<'_, str> {
    if needs_mark(cell, kind, options) { Cow::Owned(format!("'{}", with_signs(cell))) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`escape`].
pub fn undo(written: &str) -> Cow<'_, str> {
    let Some(rest) = written.strip_prefix('\'') else { return Cow::Borrowed(written) };
    if !rest.contains(['␀', '␍', '␛']) {
        return Cow::Borrowed(rest);
    }
    let mut cell = String::with_capacity(rest.len());
    let mut left = rest;
    while let Some(c) = left.chars().next() {
        let sign = SIGNS.iter().find(|(_, sign)| left.starts_with(sign));
        let (stands_for, length) = sign.map_or((c, c.len_utf8()), |(stands_for, sign)| (*stands_for, sign.len()));
        cell.push(stands_for);
        left = &left[length..];
    }
    Cow::Owned(cell)
}

/// Whether the cell is marked.
pub(super) fn needs_mark(cell: &str, kind: CellKind, options: CsvOptions) -> bool {
    if !options.escape_formulas || cell.is_empty() {
        return false;
    }
    if cell.starts_with('\'') || cell.len() > LONG_ROW {
        return true;
    }
    if !options.protect {
        return is_formula(cell);
    }
    if cell.bytes().fold(false, |found, byte| found | matches!(byte, b'\r' | b'\0')) {
        return true;
    }
    !is_unchanged_number(cell) && !kind.keeps_value(cell) && (is_formula(cell) || looks_like_a_value(cell))
}

/// The text of a marked cell, or a part of it.
pub(super) fn with_signs(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', '\r', '␀', '␍', '␛']) {
        return Cow::Borrowed(text);
    }
    let mut signed = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match SIGNS.iter().find(|(plain, _)| *plain == c) {
            Some((_, sign)) => signed.push_str(sign),
            None => signed.push(c),
        }
    }
    Cow::Owned(signed)
}

#[cfg(test)]
#[path = "cells_tests.rs"]
mod tests;
