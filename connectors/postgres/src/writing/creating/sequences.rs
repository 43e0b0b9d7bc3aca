//! Statements that make sequences, tie them to their columns, and set them to where they stood.

use std::collections::{BTreeMap, HashSet};

use hozon_shared::domain::creating::CreatedKind;
use hozon_shared::domain::structure::{Generated, LastValue, Sequence, Structure, TableName};

use super::naming::{named, shown};
use super::statement::TableStatement;
use crate::names::{literal, quoted};

/// A sequence with the table whose column it belongs to.
struct OwnedSequence<'a> {
    sequence: &'a Sequence,
    /// Table and column; `None` for a sequence that belongs to none.
    owner: Option<(&'a TableName, &'a str)>,
    /// Whether it is made together with its column.
    is_identity: bool,
}

/// The sequences of tables, and those of their own, each once.
pub(super) struct AllSequences<'a>(BTreeMap<String, OwnedSequence<'a>>);

impl<'a> AllSequences<'a> {
    pub(super) fn of(tables: &[&'a Structure], own: &'a [Sequence]) -> Self {
        let mut all = BTreeMap::new();
        for sequence in own {
            all.insert(named(&sequence.sequence), OwnedSequence { sequence, owner: None, is_identity: false });
        }
        for structure in tables {
            for sequence in &structure.sequences {
                let owner = sequence.owner.as_deref().map(|column| (&structure.table, column));
                let found = OwnedSequence { sequence, owner, is_identity: is_identity(structure, sequence) };
                let known = all.entry(named(&sequence.sequence)).or_insert(OwnedSequence { owner: None, ..found });
                // Other tables may use a sequence that belongs to this one.
                if owner.is_some() {
                    *known = OwnedSequence { sequence, owner, is_identity: is_identity(structure, sequence) };
                }
            }
        }
        Self(all)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.keys().cloned()
    }

    /// The sequences that are missing; defaults of columns name them.
    pub(super) fn before_tables(&self, known: &HashSet<String>) -> Vec<TableStatement> {
        let missing = self.0.iter().filter(|(name, found)| !found.is_identity && !known.contains(*name));
        let make = |(name, OwnedSequence { sequence, .. }): (&String, &OwnedSequence<'_>)| {
            let sql = format!("create sequence {name} as {}{}", sequence.data_type, options(sequence));
            TableStatement::new(CreatedKind::Sequence, shown(&sequence.sequence), sql)
        };
        missing.map(make).collect()
    }

    /// Ties sequences to their columns, and sets them to where they stood.
    pub(super) fn after_tables(&self, known: &HashSet<String>) -> Vec<TableStatement> {
        let mut statements = Vec::new();
        for (name, OwnedSequence { sequence, owner, is_identity }) in &self.0 {
            if known.contains(name) {
                continue;
            }
            if let Some((table, column)) = owner.filter(|_| !is_identity) {
                let sql = format!("alter sequence {name} owned by {}.{}", named(table), quoted(column));
                statements.push(TableStatement::completing(CreatedKind::Sequence, shown(&sequence.sequence), sql));
            }
            if let LastValue::Given(value) = sequence.last_value {
                let sql = format!("select pg_catalog.setval({}, {value})", literal(name));
                statements.push(TableStatement::completing(CreatedKind::Sequence, shown(&sequence.sequence), sql));
            }
        }
        statements
    }
}

fn is_identity(structure: &Structure, sequence: &Sequence) -> bool {
    let column = structure.columns.iter().find(|column| Some(&column.name) == sequence.owner.as_ref());
    column.is_some_and(|column| matches!(column.generated, Some(Generated::IdentityAlways | Generated::IdentityByDefault)))
}

/// Options of a sequence as SQL, with a blank in front.
pub(super) fn options(sequence: &Sequence) -> String {
    let Sequence { start, increment, min, max, cache, cycle, .. } = sequence;
    let cycle = if *cycle { "cycle" } else { "no cycle" };
    format!(" start with {start} increment by {increment} minvalue {min} maxvalue {max} cache {cache} {cycle}")
}
