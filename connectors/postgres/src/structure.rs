//! Structure of the tables: what the catalogue says of their columns, constraints, sequences and partitions.

use std::collections::HashMap;

use hozon_shared::domain::structure::{
    Checked, Column, Constraint, Generated, LastValue, Partition, Rule, Sequence, Structure, TableName, UsedType,
};
use tokio_postgres::{Error, GenericClient, Row};

use crate::structure_queries::{CONSTRAINTS, PARENTS, PARTITIONS, SEQUENCES, TYPES, UNIQUE_INDEXES};

/// Structure of tables by their oids, without name, kind and columns.
#[derive(Default)]
pub(crate) struct Structures {
    tables: HashMap<u32, Structure>,
    /// Sequences that belong to no table.
    pub sequences: Vec<Sequence>,
}

impl Structures {
    /// Reads the catalogue as the client's transaction shows it.
    pub(crate) async fn read(client: &impl GenericClient, tables: &[u32]) -> Result<Self, Error> {
        let mut found = Self::default();
        for row in client.query(CONSTRAINTS, &[&tables]).await? {
            found.of(row.get(0)).constraints.extend(constraint(&row));
        }
        for row in client.query(UNIQUE_INDEXES, &[&tables]).await? {
            found.of(row.get(0)).unique_indexes.extend(row.get::<_, Option<String>>(1));
        }
        for row in client.query(PARENTS, &[&tables]).await? {
            found.of(row.get(0)).inherits.push(table_name(&row, 1));
        }
        for row in client.query(PARTITIONS, &[&tables]).await? {
            found.add_partition(&row);
        }
        for row in client.query(TYPES, &[&tables]).await? {
            found.add_type(&row);
        }
        Ok(found)
    }

    /// Reads where the sequences stand now. The client must have no transaction. `schemas` is empty for all.
    pub(crate) async fn add_sequences(
        &mut self,
        client: &impl GenericClient,
        tables: &[u32],
        schemas: &[String],
    ) -> Result<(), Error> {
        for row in client.query(SEQUENCES, &[&tables, &schemas]).await? {
            self.add_sequence(&row);
        }
        Ok(())
    }

    fn of(&mut self, table: u32) -> &mut Structure {
        self.tables.entry(table).or_default()
    }

    /// Takes what was read of a table.
    pub(crate) fn take(&mut self, table: u32) -> Structure {
        self.tables.remove(&table).unwrap_or_default()
    }

    fn add_partition(&mut self, row: &Row) {
        let structure = self.of(row.get(0));
        structure.partitioned_by = row.get(1);
        if let Some(bounds) = row.get(4) {
            let of = row.get::<_, Option<String>>(6).map(|name| TableName { schema: row.get(5), name });
            structure.partitions.push(Partition { table: table_name(row, 2), bounds, of, partitioned_by: row.get(7) });
        }
    }

    fn add_type(&mut self, row: &Row) {
        if let Some(statement) = row.get(3) {
            self.of(row.get(0)).types.push(UsedType { name: table_name(row, 1), statement });
        }
    }

    fn add_sequence(&mut self, row: &Row) {
        let sequence = sequence(row);
        match row.get(0) {
            Some(table) => self.of(table).sequences.push(sequence),
            None => self.sequences.push(sequence),
        }
    }
}

fn table_name(row: &Row, at: usize) -> TableName {
    TableName { schema: row.get(at), name: row.get(at + 1) }
}

/// Reads a row of [`CONSTRAINTS`]; `None` for what went away meanwhile.
fn constraint(row: &Row) -> Option<Constraint> {
    let (columns, definition): (Vec<String>, Option<String>) = (row.get(7), row.get(3));
    let rule = match row.get(2) {
        "p" => Rule::PrimaryKey { columns },
        "u" => Rule::Unique { columns },
        "c" => Rule::Check { expression: row.get::<_, Option<String>>(11)? },
        "f" => {
            let references = TableName { schema: row.get(8), name: row.get::<_, Option<String>>(9)? };
            Rule::ForeignKey { columns, references, referenced_columns: row.get(10), checked: checked(row.get(4), row.get(5)) }
        }
        _ => Rule::Exclusion {},
    };
    Some(Constraint { name: row.get(1), rule, definition, is_inherited: row.get(6) })
}

fn checked(is_deferrable: bool, is_deferred: bool) -> Checked {
    match (is_deferrable, is_deferred) {
        (_, true) => Checked::AtCommit,
        (true, false) => Checked::ImmediatelyUnlessDeferred,
        (false, false) => Checked::Immediately,
    }
}

fn sequence(row: &Row) -> Sequence {
    let last_value = match (row.get(11), row.get::<_, Option<i64>>(12)) {
        (_, Some(value)) => LastValue::Given(value),
        (true, None) => LastValue::None,
        (false, None) => LastValue::NoPermission,
    };
    Sequence {
        sequence: table_name(row, 1),
        owner: row.get(3),
        data_type: row.get(4),
        start: row.get(5),
        increment: row.get(6),
        min: row.get(7),
        max: row.get(8),
        cache: row.get(9),
        cycle: row.get(10),
        last_value,
    }
}

/// Reads what a row of the columns' query says from `at` on: nullability, identity, kind of generation, expression, collation.
pub(crate) fn column(row: &Row, at: usize, name: String, declared: String) -> Column {
    let expression: Option<String> = row.get(at + 3);
    let (identity, kind): (&str, &str) = (row.get(at + 1), row.get(at + 2));
    let (generated, default) = match (identity, kind, expression) {
        ("a", ..) => (Some(Generated::IdentityAlways), None),
        ("d", ..) => (Some(Generated::IdentityByDefault), None),
        (_, "s", Some(expression)) => (Some(Generated::Stored { expression }), None),
        (_, "v", Some(expression)) => (Some(Generated::Virtual { expression }), None),
        (_, _, default) => (None, default),
    };
    Column { name, declared, nullable: row.get(at), default, generated, collation: row.get(at + 4), attributes: None }
}
