//! Structure of the tables: what `information_schema` says of their columns, constraints and sequences. It says what holds now:
//! a table that was altered since the snapshot is noticed when it is read.

use std::collections::HashMap;

use hozon_shared::domain::structure::{
    Checked, Column, Constraint, Generated, LastValue, Rule, Sequence, Structure, TableKind, TableName,
};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use crate::catalog::Shape;
use crate::names::quoted;

const COLUMNS: &str = "select TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'YES', COLUMN_DEFAULT, EXTRA,
       nullif(GENERATION_EXPRESSION, ''), COLLATION_NAME
from information_schema.COLUMNS where TABLE_SCHEMA = database() order by TABLE_NAME, ORDINAL_POSITION";

/// Primary keys, unique and foreign keys, one row for each column.
const KEYS: &str = "select k.TABLE_NAME, k.CONSTRAINT_NAME, c.CONSTRAINT_TYPE, k.COLUMN_NAME,
       k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME,
       concat('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE)
from information_schema.TABLE_CONSTRAINTS c
join information_schema.KEY_COLUMN_USAGE k
  on k.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA and k.CONSTRAINT_NAME = c.CONSTRAINT_NAME and k.TABLE_NAME = c.TABLE_NAME
 and k.TABLE_SCHEMA = c.TABLE_SCHEMA
left join information_schema.REFERENTIAL_CONSTRAINTS r
  on r.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA and r.CONSTRAINT_NAME = c.CONSTRAINT_NAME and r.TABLE_NAME = c.TABLE_NAME
where c.TABLE_SCHEMA = database() and (c.CONSTRAINT_TYPE = 'FOREIGN KEY') = (k.REFERENCED_TABLE_NAME is not null)
order by k.TABLE_NAME, c.CONSTRAINT_TYPE = 'PRIMARY KEY' desc, c.CONSTRAINT_TYPE desc, k.CONSTRAINT_NAME, k.ORDINAL_POSITION";

/// Whether the server has CHECK constraints, which MySQL has from 8.0.16 on, and names their tables with them, as MariaDB does.
const HAS_CHECKS: &str = "select count(*) > 0, count(case when COLUMN_NAME = 'TABLE_NAME' then 1 end) > 0
from information_schema.COLUMNS where TABLE_SCHEMA = 'information_schema' and TABLE_NAME = 'CHECK_CONSTRAINTS'";
/// On MariaDB a name of a constraint is unique in its table.
const CHECKS_OF_MARIADB: &str = "select TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE
from information_schema.CHECK_CONSTRAINTS where CONSTRAINT_SCHEMA = database() order by TABLE_NAME, CONSTRAINT_NAME";
/// On MySQL a name of a constraint is unique in its database.
const CHECKS_OF_MYSQL: &str = "select t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE
from information_schema.CHECK_CONSTRAINTS c
join information_schema.TABLE_CONSTRAINTS t
  on t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA and t.CONSTRAINT_NAME = c.CONSTRAINT_NAME and t.CONSTRAINT_TYPE = 'CHECK'
where c.CONSTRAINT_SCHEMA = database() order by t.TABLE_NAME, c.CONSTRAINT_NAME";

const NEXT_VALUES: &str = "select TABLE_NAME, AUTO_INCREMENT from information_schema.TABLES
where TABLE_SCHEMA = database() and AUTO_INCREMENT is not null";

/// MariaDB's. Whoever may not read one does not see it here.
const SEQUENCES: &str = "select TABLE_NAME from information_schema.TABLES where TABLE_SCHEMA = database() and TABLE_TYPE = 'SEQUENCE' order by TABLE_NAME";

type ColumnRow = (String, String, String, bool, Option<String>, String, Option<String>, Option<String>);
type KeyRow = (String, String, String, String, Option<String>, Option<String>, Option<String>, Option<String>);
/// Next, minimum, maximum and first value, increment, cache and cycle.
type SequenceRow = (i64, i64, i64, i64, i64, i64, bool);

/// Structure of tables by their names, without the name itself.
#[derive(Default)]
pub(crate) struct Structures {
    tables: HashMap<String, Structure>,
    pub sequences: Vec<Sequence>,
}

impl Structures {
    /// Reads what the server says now.
    pub(crate) async fn read(conn: &mut Conn) -> Result<Self, Error> {
        let mut found = Self::default();
        // MariaDB alone writes defaults as expressions; it is also the one whose checks name their tables.
        let (has_checks, is_mariadb): (bool, bool) = conn.query_first(HAS_CHECKS).await?.unwrap_or_default();
        for row in conn.query::<ColumnRow, _>(COLUMNS).await? {
            let column = column(&row, is_mariadb);
            found.of(row.0).columns.push(column);
        }
        for row in conn.query::<KeyRow, _>(KEYS).await? {
            found.add_key(row);
        }
        if has_checks {
            let query = if is_mariadb { CHECKS_OF_MARIADB } else { CHECKS_OF_MYSQL };
            for (table, name, expression) in conn.query::<(String, String, String), _>(query).await? {
                let rule = Rule::Check { expression };
                found.of(table).constraints.push(Constraint { name, rule, definition: None, is_inherited: false });
            }
        }
        for (table, next) in conn.query::<(String, u64), _>(NEXT_VALUES).await? {
            found.of(table).auto_increment = Some(next);
        }
        found.sequences = sequences(conn).await?;
        Ok(found)
    }

    fn of(&mut self, table: String) -> &mut Structure {
        self.tables.entry(table).or_default()
    }

    /// Takes what was read of a table.
    pub(crate) fn take(&mut self, shape: &Shape) -> Structure {
        let table = TableName { schema: None, name: shape.name.clone() };
        let kind = if shape.is_view { TableKind::View } else { TableKind::Table };
        let mut known = self.tables.remove(&shape.name).unwrap_or_default();
        for constraint in &mut known.constraints {
            constraint.definition = Some(definition(&constraint.rule, constraint.definition.take()));
        }
        Structure { table, kind, ..known }
    }

    /// Adds a column to a key, which begins with its first column.
    fn add_key(&mut self, (table, name, kind, column, schema, referenced, referenced_column, actions): KeyRow) {
        let constraints = &mut self.of(table).constraints;
        let is_foreign = |rule: &Rule| matches!(rule, Rule::ForeignKey { .. });
        let is_new = constraints.last().is_none_or(|last| last.name != name || is_foreign(&last.rule) != referenced.is_some());
        if is_new {
            let columns = Vec::new();
            let rule = match kind.as_str() {
                "PRIMARY KEY" => Rule::PrimaryKey { columns },
                "UNIQUE" => Rule::Unique { columns },
                _ => Rule::ForeignKey {
                    columns,
                    references: TableName { schema, name: referenced.unwrap_or_default() },
                    referenced_columns: Vec::new(),
                    checked: Checked::Immediately,
                },
            };
            constraints.push(Constraint { name, rule, definition: actions, is_inherited: false });
        }
        match constraints.last_mut().map(|last| &mut last.rule) {
            Some(Rule::PrimaryKey { columns } | Rule::Unique { columns }) => columns.push(column),
            Some(Rule::ForeignKey { columns, referenced_columns, .. }) => {
                columns.push(column);
                referenced_columns.extend(referenced_column);
            }
            _ => {}
        }
    }
}

/// Writes a constraint as SQL. `actions` are those of a foreign key.
fn definition(rule: &Rule, actions: Option<String>) -> String {
    let list = |columns: &[String]| columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    match rule {
        Rule::PrimaryKey { columns } => format!("PRIMARY KEY ({})", list(columns)),
        Rule::Unique { columns } => format!("UNIQUE ({})", list(columns)),
        Rule::Check { expression } => format!("CHECK ({expression})"),
        Rule::Exclusion {} => String::new(),
        Rule::ForeignKey { columns, references: TableName { schema, name }, referenced_columns, .. } => {
            let schema = schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
            let (columns, referenced) = (list(columns), list(referenced_columns));
            let actions = actions.unwrap_or_default();
            format!("FOREIGN KEY ({columns}) REFERENCES {schema}{} ({referenced}) {actions}", quoted(name))
        }
    }
}

fn column((_, name, declared, nullable, default, extra, expression, collation): &ColumnRow, is_mariadb: bool) -> Column {
    let says = |word: &str| extra.to_ascii_uppercase().contains(word);
    let generated = match expression.clone() {
        Some(expression) if says("STORED") || says("PERSISTENT") => Some(Generated::Stored { expression }),
        Some(expression) => Some(Generated::Virtual { expression }),
        None if says("AUTO_INCREMENT") => Some(Generated::AutoIncrement),
        None => None,
    };
    let is_expression = is_mariadb || says("DEFAULT_GENERATED");
    let default = default.clone().filter(|_| expression.is_none());
    let default =
        default.map(|text| if is_expression { text } else { format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")) });
    let further = extra.replace("DEFAULT_GENERATED", "");
    let further = Some(further.trim().to_owned()).filter(|text| generated.is_none() && !text.is_empty());
    Column {
        name: name.clone(),
        declared: declared.clone(),
        nullable: *nullable,
        default,
        generated,
        collation: collation.clone(),
        attributes: further,
    }
}

async fn sequences(conn: &mut Conn) -> Result<Vec<Sequence>, Error> {
    let mut found = Vec::new();
    for name in conn.query::<String, _>(SEQUENCES).await? {
        let query = format!(
            "select next_not_cached_value, minimum_value, maximum_value, start_value, increment, cache_size, cycle_option from {}",
            quoted(&name)
        );
        let row: Option<SequenceRow> = conn.query_first(query).await?;
        let Some((next, min, max, start, increment, cache, cycle)) = row else { continue };
        let last_value = if next == start { LastValue::None } else { LastValue::Given(next - increment) };
        let (sequence, data_type) = (TableName { schema: None, name }, "bigint".to_owned());
        found.push(Sequence { sequence, owner: None, data_type, start, increment, min, max, cache, cycle, last_value });
    }
    Ok(found)
}
