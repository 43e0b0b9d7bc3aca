//! Escaping of cells. An escaped cell, here called *marked*, starts with an apostrophe, and some characters in it are
//! replaced by signs.
//!
//! Whether a cell is marked depends on the cell and the type of its field. Undoing depends only on the written cell, so
//! readers need no field types, and the rule for marking may change without changing the readers. A cell that starts
//! with an apostrophe is always marked.
//!
//! Spreadsheets show the apostrophe of a CSV file and keep it. They lose NUL and convert every kind of line break to a
//! line feed, so a marked cell contains `␀` for NUL and `␍` for a carriage return; `␛` before one of the three signs
//! stands for the sign itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::LONG_CELL;
use super::cell_bytes::CellBytes;
use super::formulas::{self, is_formula};
use super::glances::{Glance, glance};
use super::lookalikes::{is_unchanged_number, looks_like_a_value};
use super::typed;
use crate::domain::archive_options::CsvOptions;

/// Characters that are replaced in a marked cell, with their signs.
const SIGNS: [(char, &str); 5] = [('\0', "␀"), ('\r', "␍"), ('␀', "␛␀"), ('␍', "␛␍"), ('␛', "␛␛")];
/// Regular expression that matches the mark of a marked cell.
pub const MARK: &str = "^'";
/// Regular expression that matches the signs in a marked cell.
pub const SIGN: &str = "\u{241B}[\u{2400}\u{240D}\u{241B}]|[\u{2400}\u{240D}]";

/// Examples of written cells with their original values.
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

/// How a spreadsheet interprets the cells of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CellKind {
    /// Text: ids, names, telephone numbers, and every unknown type.
    #[default]
    Text,
    /// Numbers used in calculations.
    Number,
    /// Dates and times.
    Date,
    Boolean,
}

impl CellKind {
    /// Returns the kind of a field by the CRM's name of its type.
    pub fn of(data_type: &str) -> Self {
        let data_type = data_type.to_ascii_lowercase();
        // MySQL's types have widths and attributes: `bigint(20) unsigned`.
        let name = data_type.split('(').next().unwrap_or_default().trim_end_matches(" zerofill").trim_end_matches(" unsigned");
        match name.trim_end() {
            "tinyint" | "mediumint" | "integer" | "int" | "int2" | "int4" | "int8" | "smallint" | "bigint" | "long"
            | "number" | "numeric" | "decimal" | "double" | "double precision" | "float" | "float4" | "float8" | "real"
            | "currency" | "money" | "percent" => Self::Number,
            "date" | "datetime" | "timestamp" | "timestamptz" => Self::Date,
            "boolean" | "bool" | "checkbox" => Self::Boolean,
            _ => Self::Text,
        }
    }

    /// Returns whether a spreadsheet preserves the value of this cell.
    fn keeps_value(self, cell: &str) -> bool {
        match self {
            Self::Text => false,
            Self::Number => typed::is_kept_number(cell),
            Self::Date => typed::is_kept_date(cell),
            Self::Boolean => typed::is_boolean(cell),
        }
    }
}

/// How the cells of a file were escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escaping {
    None,
    /// By manifest version 1: formulas only.
    Formulas,
    /// By the rule of this module.
    Cells,
}

impl Escaping {
    /// Restores the cell's original value.
    pub fn undo(self, written: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(written),
            Self::Formulas => Cow::Borrowed(formulas::restore(written)),
            Self::Cells => undo(written),
        }
    }
}

/// Instructions for undoing the escaping, for the manifest: exact regular expressions and examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Regular expression for the mark, which is removed.
    pub mark: String,
    /// Regular expression for the signs in the rest of a marked cell.
    pub sign: String,
    /// The character that each sign stands for.
    pub stands_for: std::collections::BTreeMap<String, String>,
    /// Examples.
    pub vectors: Vec<Vector>,
}

/// A written cell with its original value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector {
    /// The cell in the CSV file, without the file's quotes.
    pub written: String,
    /// The CRM's cell.
    pub cell: String,
}

impl Undo {
    /// Returns the rule of this version.
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

/// Escapes a cell.
pub fn escape(cell: &str, kind: CellKind, options: CsvOptions) -> Cow<'_, str> {
    if needs_mark(cell, CellBytes::of(cell), kind, options) {
        Cow::Owned(format!("'{}", with_signs(cell)))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Restores a cell escaped by [`escape`].
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

/// Returns whether a cell of these bytes must be marked.
pub(super) fn needs_mark(cell: &str, bytes: CellBytes, kind: CellKind, options: CsvOptions) -> bool {
    if !options.escape_formulas || cell.is_empty() {
        return false;
    }
    if cell.starts_with('\'') || cell.len() > LONG_CELL {
        return true;
    }
    if !options.protect {
        return is_formula(cell);
    }
    if bytes.has(CellBytes::LOST) {
        return true;
    }
    // Most numbers of digits only are harmless whatever their field.
    if !bytes.are_all(CellBytes::DIGIT) && kind.keeps_value(cell) {
        return false;
    }
    match glance(cell, bytes) {
        Glance::Harmless => false,
        Glance::Value => !kind.keeps_value(cell),
        Glance::Unknown => is_changed(cell, kind),
    }
}

/// Returns whether a spreadsheet may run or change a cell without NUL and carriage returns.
fn is_changed(cell: &str, kind: CellKind) -> bool {
    !is_unchanged_number(cell) && !kind.keeps_value(cell) && (is_formula(cell) || looks_like_a_value(cell))
}

/// Replaces characters by their signs in a marked cell or a part of it.
pub(super) fn with_signs(text: &str) -> Cow<'_, str> {
    // All signs begin with the same byte.
    if !text.bytes().any(|byte| matches!(byte, b'\0' | b'\r' | 0xE2)) {
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
