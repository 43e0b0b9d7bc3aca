//! Statements that make something.

use hozon_shared::domain::creating::{CreatedKind, CreatedPart};

/// A statement, and what it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TableStatement {
    pub part: CreatedPart,
    pub sql: String,
    /// Whether it makes the part; otherwise it completes it.
    pub is_new: bool,
}

impl TableStatement {
    pub(super) fn new(kind: CreatedKind, name: String, sql: String) -> Self {
        Self { part: CreatedPart { kind, name }, sql, is_new: true }
    }

    pub(super) fn completing(kind: CreatedKind, name: String, sql: String) -> Self {
        Self { is_new: false, ..Self::new(kind, name, sql) }
    }
}
