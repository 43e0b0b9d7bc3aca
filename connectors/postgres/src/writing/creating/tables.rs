//! Statements that make a table, its partitions and its unique indexes.

use hozon_shared::domain::creating::CreatedKind;
use hozon_shared::domain::structure::{Column, Generated, Partition, Rule, Sequence, Structure};

use super::naming::{named, shown};
use super::sequences::options;
use super::statement::TableStatement;
use crate::names::quoted;

/// Tables in an order in which those come first from which others inherit.
pub(super) fn parents_first<'a>(tables: &[&'a Structure]) -> Vec<&'a Structure> {
    let mut waiting: Vec<&Structure> = tables.to_vec();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let waits =
            |structure: &&Structure| structure.inherits.iter().any(|parent| waiting.iter().any(|known| known.table == *parent));
        let (later, next): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(waits);
        if next.is_empty() {
            ordered.extend(later);
            return ordered;
        }
        ordered.extend(next);
        waiting = later;
    }
    ordered
}

/// The table, its partitions, and its unique indexes. `all` are the tables of the backup.
pub(super) fn statements_of(structure: &Structure, all: &[&Structure]) -> Vec<TableStatement> {
    let name = shown(&structure.table);
    let mut statements = vec![TableStatement::new(CreatedKind::Table, name.clone(), table(structure, all))];
    statements.extend(
        structure.partitions.iter().map(|partition| {
            TableStatement::new(CreatedKind::Table, shown(&partition.table), partition_of(structure, partition))
        }),
    );
    let indexes = structure.unique_indexes.iter();
    statements.extend(indexes.map(|statement| TableStatement::new(CreatedKind::Index, name.clone(), statement.clone())));
    statements
}

fn table(structure: &Structure, all: &[&Structure]) -> String {
    let own = structure.columns.iter().filter(|column| !is_of_parent(column, structure, all));
    let columns = own.map(|known| column(known, structure));
    let parts: Vec<String> = columns.chain(constraints(structure)).collect();
    let parents: Vec<String> = structure.inherits.iter().map(named).collect();
    let inherits = if parents.is_empty() { String::new() } else { format!(" inherits ({})", parents.join(", ")) };
    let divided = divided(structure.partitioned_by.as_deref());
    format!("create table {} ({}){inherits}{divided}", named(&structure.table), parts.join(", "))
}

/// Whether a column is there because a table from which this one inherits has it.
fn is_of_parent(column: &Column, structure: &Structure, all: &[&Structure]) -> bool {
    let mut parents = all.iter().filter(|known| structure.inherits.contains(&known.table));
    parents.any(|parent| parent.columns.contains(column))
}

fn divided(by: Option<&str>) -> String {
    by.map(|by| format!(" partition by {by}")).unwrap_or_default()
}

fn partition_of(structure: &Structure, partition: &Partition) -> String {
    let of = named(partition.of.as_ref().unwrap_or(&structure.table));
    let divided = divided(partition.partitioned_by.as_deref());
    format!("create table {} partition of {of} {}{divided}", named(&partition.table), partition.bounds)
}

/// All constraints but foreign keys, which wait for the rows, and those that come from parents.
fn constraints(structure: &Structure) -> impl Iterator<Item = String> {
    structure.constraints.iter().filter_map(|constraint| {
        let is_later = matches!(constraint.rule, Rule::ForeignKey { .. });
        let definition = constraint.definition.as_ref().filter(|_| !is_later && !constraint.is_inherited)?;
        Some(format!("constraint {} {definition}", quoted(&constraint.name)))
    })
}

fn column(column: &Column, structure: &Structure) -> String {
    let mut text = format!("{} {}", quoted(&column.name), column.declared);
    if let Some(collation) = &column.collation {
        text += &format!(" collate {collation}");
    }
    let identity = |kind: &str| {
        let own = structure.sequences.iter().find(|sequence| sequence.owner.as_ref() == Some(&column.name));
        format!(" generated {kind} as identity{}", own.map(of_identity).unwrap_or_default())
    };
    match &column.generated {
        Some(Generated::IdentityAlways) => text += &identity("always"),
        Some(Generated::IdentityByDefault) => text += &identity("by default"),
        Some(Generated::Stored { expression }) => text += &format!(" generated always as ({expression}) stored"),
        Some(Generated::Virtual { expression }) => text += &format!(" generated always as ({expression}) virtual"),
        Some(Generated::AutoIncrement) | None => {
            text += &column.default.as_ref().map(|default| format!(" default {default}")).unwrap_or_default();
        }
    }
    if !column.nullable {
        text += " not null";
    }
    text
}

fn of_identity(sequence: &Sequence) -> String {
    format!(" (sequence name {}{})", named(&sequence.sequence), options(sequence))
}

#[cfg(test)]
mod tests {
    use hozon_shared::domain::structure::{Constraint, LastValue, TableName};

    use super::*;

    fn name(name: &str) -> TableName {
        TableName { schema: Some("s".to_owned()), name: name.to_owned() }
    }

    /// A table with what a statement may have.
    fn deals() -> Structure {
        let column =
            |name: &str, declared: &str| Column { name: name.to_owned(), declared: declared.to_owned(), ..Column::default() };
        let rule = |name: &str, rule, definition: &str| Constraint {
            name: name.to_owned(),
            rule,
            definition: Some(definition.to_owned()),
            is_inherited: false,
        };
        let sequence = Sequence {
            sequence: name("a_seq"),
            owner: Some("a".to_owned()),
            data_type: "bigint".to_owned(),
            start: 3,
            increment: 2,
            min: 1,
            max: 99,
            cache: 1,
            cycle: false,
            last_value: LastValue::None,
        };
        let foreign = Rule::ForeignKey {
            columns: vec!["b".to_owned()],
            references: name("t"),
            referenced_columns: vec!["a".to_owned()],
            checked: hozon_shared::domain::structure::Checked::Immediately,
        };
        Structure {
            table: name("t\"x"),
            columns: vec![
                Column { generated: Some(Generated::IdentityAlways), ..column("a", "bigint") },
                Column {
                    nullable: true,
                    default: Some("1.5".to_owned()),
                    collation: Some("pg_catalog.\"C\"".to_owned()),
                    ..column("b", "text")
                },
                Column {
                    nullable: true,
                    generated: Some(Generated::Stored { expression: "(b || 'x')".to_owned() }),
                    ..column("c", "text")
                },
            ],
            constraints: vec![
                rule("t_pkey", Rule::PrimaryKey { columns: vec!["a".to_owned()] }, "PRIMARY KEY (a)"),
                rule("t_b_fkey", foreign, "FOREIGN KEY (b) REFERENCES s.t(a)"),
            ],
            sequences: vec![sequence],
            partitioned_by: Some("LIST (b)".to_owned()),
            partitions: vec![Partition { table: name("p"), bounds: "DEFAULT".to_owned(), of: None, partitioned_by: None }],
            ..Structure::default()
        }
    }

    #[test]
    fn a_table_is_made_without_its_foreign_keys() {
        let structure = deals();
        let sql: Vec<String> = statements_of(&structure, &[]).into_iter().map(|statement| statement.sql).collect();
        assert_eq!(
            sql,
            [
                "create table \"s\".\"t\"\"x\" (\"a\" bigint generated always as identity (sequence name \"s\".\"a_seq\" start with 3 increment by 2 minvalue 1 maxvalue 99 cache 1 no cycle) not null, \
                 \"b\" text collate pg_catalog.\"C\" default 1.5, \"c\" text generated always as ((b || 'x')) stored, \
                 constraint \"t_pkey\" PRIMARY KEY (a)) partition by LIST (b)",
                "create table \"s\".\"p\" partition of \"s\".\"t\"\"x\" DEFAULT",
            ]
        );
    }

    #[test]
    fn tables_come_behind_those_from_which_they_inherit() {
        let table = |own: &str, parents: &[&str]| Structure {
            table: name(own),
            inherits: parents.iter().map(|parent| name(parent)).collect(),
            ..Structure::default()
        };
        let (child, other, parent) = (table("child", &["parent", "gone"]), table("other", &[]), table("parent", &["other"]));
        let ordered: Vec<&str> =
            parents_first(&[&child, &parent, &other]).iter().map(|known| known.table.name.as_str()).collect();
        assert_eq!(ordered, ["other", "parent", "child"]);
    }
}
