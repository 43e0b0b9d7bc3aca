//! Statements that make tables and sequences again.

use hozon_shared::domain::structure::{Column, Constraint, Generated, Rule, Sequence, Structure, TableName};

use crate::names::quoted;

/// The statement that makes a table without its foreign keys.
pub(super) fn table(structure: &Structure) -> String {
    let columns = structure.columns.iter().map(|known| format!("{}{}", column(known), check_of(known, structure)));
    let of_table =
        structure.constraints.iter().filter(|known| !structure.columns.iter().any(|column| is_check_of(known, column)));
    let parts: Vec<String> = columns.chain(of_table.filter_map(constraint)).collect();
    let next = structure.auto_increment.map(|next| format!(" auto_increment = {next}")).unwrap_or_default();
    format!("create table {} ({}){next}", quoted(&structure.table.name), parts.join(", "))
}

/// Whether a constraint is the check of a column. MariaDB names it as the column.
fn is_check_of(constraint: &Constraint, column: &Column) -> bool {
    constraint.name == column.name && matches!(constraint.rule, Rule::Check { .. })
}

/// The check of a column, with a blank in front; empty if it has none.
fn check_of(column: &Column, structure: &Structure) -> String {
    let mut own = structure.constraints.iter().filter(|known| is_check_of(known, column));
    own.find_map(|known| match &known.rule {
        Rule::Check { expression } => Some(format!(" check ({expression})")),
        _ => None,
    })
    .unwrap_or_default()
}

fn column(column: &Column) -> String {
    let mut text = format!("{} {}", quoted(&column.name), column.declared);
    if let Some(collation) = &column.collation {
        text += &format!(" collate {collation}");
    }
    match &column.generated {
        // Whether they may be NULL follows from the expression.
        Some(Generated::Stored { expression }) => return text + &format!(" generated always as ({expression}) stored"),
        Some(Generated::Virtual { expression }) => return text + &format!(" generated always as ({expression}) virtual"),
        Some(Generated::AutoIncrement | Generated::IdentityAlways | Generated::IdentityByDefault) => {
            text += " not null auto_increment"
        }
        None => {
            text += if column.nullable { " null" } else { " not null" };
            if let Some(default) = &column.default {
                text += &format!(" default {}", of_default(default));
            }
        }
    }
    if let Some(attributes) = &column.attributes {
        text += &format!(" {attributes}");
    }
    text
}

/// MySQL wants parentheses around an expression, and takes none around the current time of a `timestamp`; MariaDB takes both.
fn of_default(default: &str) -> String {
    let lower = default.to_ascii_lowercase();
    let is_constant = default.starts_with(['\'', '-', '.', '(']) || default.starts_with(|first: char| first.is_ascii_digit());
    let is_word = ["null", "true", "false"].contains(&lower.as_str());
    let is_other = ["current_timestamp", "now(", "b'", "x'", "_"].iter().any(|start| lower.starts_with(start));
    if is_constant || is_word || is_other { default.to_owned() } else { format!("({default})") }
}

/// A key or rule; `None` for a foreign key.
fn constraint(constraint: &Constraint) -> Option<String> {
    let name = quoted(&constraint.name);
    match &constraint.rule {
        Rule::PrimaryKey { columns } => Some(format!("primary key ({})", list(columns))),
        Rule::Unique { columns } => Some(format!("unique key {name} ({})", list(columns))),
        Rule::Check { expression } => Some(format!("constraint {name} check ({expression})")),
        Rule::ForeignKey { .. } | Rule::Exclusion {} => None,
    }
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// A foreign key behind its name. It leads to a table of this database if there is one of that name: the database has another name than the
/// one that was backed up.
pub(super) fn foreign_key(constraint: &Constraint, is_here: impl Fn(&str) -> bool) -> String {
    let Rule::ForeignKey { columns, references: TableName { schema, name }, referenced_columns, .. } = &constraint.rule else {
        return String::new();
    };
    let schema = schema.as_ref().filter(|_| !is_here(name)).map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
    let definition = constraint.definition.as_deref().unwrap_or_default();
    let actions = definition.rfind(" ON DELETE ").map_or("", |at| &definition[at..]);
    format!("foreign key ({}) references {schema}{} ({}){actions}", list(columns), quoted(name), list(referenced_columns))
}

/// The statement that makes a sequence of MariaDB.
pub(super) fn sequence(sequence: &Sequence) -> String {
    let Sequence { start, increment, min, max, cache, cycle, .. } = sequence;
    let (name, cycle) = (quoted(&sequence.sequence.name), if *cycle { "cycle" } else { "nocycle" });
    let cache = if *cache > 0 { format!("cache {cache}") } else { "nocache".to_owned() };
    format!("create sequence {name} start with {start} minvalue {min} maxvalue {max} increment by {increment} {cache} {cycle}")
}

#[cfg(test)]
mod tests {
    use hozon_shared::domain::structure::Checked;

    use super::*;

    fn of(name: &str, declared: &str) -> Column {
        Column { name: name.to_owned(), declared: declared.to_owned(), ..Column::default() }
    }

    #[test]
    fn columns_keep_what_they_were_declared_with() {
        for (given, sql) in [
            (
                Column { generated: Some(Generated::AutoIncrement), ..of("I`d", "bigint(20)") },
                "`I``d` bigint(20) not null auto_increment",
            ),
            (
                Column {
                    default: Some("'it''s'".to_owned()),
                    collation: Some("latin1_swedish_ci".to_owned()),
                    ..of("a", "varchar(9)")
                },
                "`a` varchar(9) collate latin1_swedish_ci not null default 'it''s'",
            ),
            (
                Column { nullable: true, default: Some("NULL".to_owned()), ..of("b", "timestamp") },
                "`b` timestamp null default NULL",
            ),
            (
                Column {
                    default: Some("current_timestamp()".to_owned()),
                    attributes: Some("on update current_timestamp()".to_owned()),
                    ..of("c", "timestamp")
                },
                "`c` timestamp not null default current_timestamp() on update current_timestamp()",
            ),
            (Column { default: Some("uuid()".to_owned()), ..of("d", "char(36)") }, "`d` char(36) not null default (uuid())"),
            (
                Column { generated: Some(Generated::Stored { expression: "`a` * 2".to_owned() }), ..of("e", "int") },
                "`e` int generated always as (`a` * 2) stored",
            ),
        ] {
            assert_eq!(column(&given), sql);
        }
    }

    #[test]
    fn a_foreign_key_leads_to_a_table_of_the_new_database() {
        let constraint = Constraint {
            name: "of_firm".to_owned(),
            rule: Rule::ForeignKey {
                columns: vec!["firm".to_owned()],
                references: TableName { schema: Some("crm".to_owned()), name: "firm".to_owned() },
                referenced_columns: vec!["id".to_owned()],
                checked: Checked::Immediately,
            },
            definition: Some(
                "FOREIGN KEY (`firm`) REFERENCES `crm`.`firm` (`id`) ON DELETE CASCADE ON UPDATE RESTRICT".to_owned(),
            ),
            is_inherited: false,
        };
        let (here, elsewhere) = (foreign_key(&constraint, |_| true), foreign_key(&constraint, |_| false));
        assert_eq!(here, "foreign key (`firm`) references `firm` (`id`) ON DELETE CASCADE ON UPDATE RESTRICT");
        assert!(elsewhere.contains("references `crm`.`firm`"), "{elsewhere}");
    }
}
