//! Making tables again from what a backup says of their structure: what was made, and what the server refuses.

use super::crm::Module;
use super::structure::{Structure, TableKind};

/// Whether a module is a table whose structure is known.
pub fn is_table(module: &Module) -> bool {
    module.structure.as_ref().is_some_and(|structure| structure.kind == TableKind::Table)
}

/// The structures of tables; views are none.
pub fn structures_of_tables(modules: &[Module]) -> impl Iterator<Item = &Structure> {
    modules.iter().filter_map(|module| module.structure.as_ref()).filter(|structure| structure.kind == TableKind::Table)
}

/// Name of the table by which a database is known as one that is there for drills only.
pub const DRILL_MARK: &str = "hozon_drill";

/// What became of a database that was to be emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearing {
    /// It has nothing but the mark.
    Cleared,
    /// It has something that no drill has made, such as this. Nothing was deleted.
    Occupied { example: String },
}

/// What was made in a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Creation {
    /// What was made, in this order.
    pub made: Vec<CreatedPart>,
    /// What the server refuses.
    pub faults: Vec<CreationFault>,
}

/// A part of a database that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedPart {
    pub kind: CreatedKind,
    /// Name for people, with its schema or table.
    pub name: String,
}

/// Kinds of what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedKind {
    Schema,
    /// A type or domain, or the extension that brings it.
    Type,
    Sequence,
    Table,
    /// A unique index that no constraint stands for.
    Index,
    ForeignKey,
}

/// A part that the server does not make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationFault {
    pub part: CreatedPart,
    pub reason: CreationRefusal,
}

/// Why a server does not make a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreationRefusal {
    /// It does not know the type of a column.
    UnknownType { column: String, declared: String },
    /// It says so; its own code.
    Server { code: String },
}

impl Creation {
    /// Number of parts of a kind that were made.
    pub fn count(&self, kind: CreatedKind) -> usize {
        self.made.iter().filter(|part| part.kind == kind).count()
    }
}
