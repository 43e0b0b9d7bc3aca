//! The tables of a database as its `information_schema` describes them now. What the user has no right on is not there.

use std::collections::{BTreeMap, HashMap};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params};

/// Tables that hold rows, and views; sequences are no tables. What a view selects is hidden from some users.
const TABLES: &str = "select t.TABLE_NAME, t.ENGINE, coalesce(v.VIEW_DEFINITION, cast(t.CREATE_TIME as char)), t.TABLE_ROWS,
       t.DATA_LENGTH + t.INDEX_LENGTH, t.TABLE_COMMENT, t.TABLE_TYPE = 'VIEW'
from information_schema.TABLES t
left join information_schema.VIEWS v on t.TABLE_TYPE = 'VIEW' and v.TABLE_SCHEMA = t.TABLE_SCHEMA and v.TABLE_NAME = t.TABLE_NAME
where t.TABLE_SCHEMA = database() and t.TABLE_TYPE in ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')";

const COLUMNS: &str = "select TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLUMN_COMMENT
from information_schema.COLUMNS
where TABLE_SCHEMA = database()";

/// Columns of unique indexes. One of them is missing where the index has an expression.
const KEYS: &str = "select TABLE_NAME, INDEX_NAME, COLUMN_NAME, NULLABLE = 'YES'
from information_schema.STATISTICS
where TABLE_SCHEMA = database() and NON_UNIQUE = 0";

/// Name of every primary key.
const PRIMARY: &str = "PRIMARY";

/// What makes a table the one that it is. Altering, emptying or exchanging it changes this, or the server notices it itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub name: String,
    /// `None` for a table that the server cannot open.
    pub engine: Option<String>,
    pub is_view: bool,
    /// When its definition was made, or what a view selects.
    created: Option<String>,
    pub columns: Vec<Column>,
    pub key: Key,
}

/// The columns that identify a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// In the order of the key; empty if none do.
    pub columns: Vec<String>,
    pub is_primary: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    /// The type's name in lower case, without sizes.
    pub data_type: String,
    /// The type as it is declared.
    pub declared: String,
    pub charset: Option<String>,
    pub comment: String,
}

/// A table with what the server estimates.
#[derive(Debug, Clone)]
pub(crate) struct FoundTable {
    pub shape: Shape,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub comment: String,
}

type TableRow = (String, Option<String>, Option<String>, Option<u64>, Option<u64>, Option<String>, bool);
type ColumnRow = (String, String, String, String, Option<String>, Option<String>);
/// Table, index, column, and whether the column may be NULL.
type KeyRow = (String, String, Option<String>, bool);

/// Tables of a database, and the views that are wanted, in the order of their names.
pub(crate) struct Found {
    pub tables: Vec<FoundTable>,
    /// Views that are not wanted.
    pub other_views: Vec<String>,
    /// Wanted views that are not there.
    pub missing: Vec<String>,
}

/// Returns all tables, and the views of these names.
pub(crate) async fn tables(conn: &mut Conn, views: &[String]) -> Result<Found, Error> {
    let is_wanted = |found: &FoundTable| !found.shape.is_view || views.contains(&found.shape.name);
    let (tables, others): (Vec<_>, Vec<_>) = read(conn, None).await?.into_iter().partition(is_wanted);
    let is_there = |name: &String| tables.iter().any(|found| found.shape.is_view && found.shape.name == *name);
    let missing = views.iter().filter(|name| !is_there(name)).cloned().collect();
    Ok(Found { other_views: others.into_iter().map(|found| found.shape.name).collect(), tables, missing })
}

/// Returns the shape of a table; `None` if there is none of that name.
pub(crate) async fn shape(conn: &mut Conn, table: &str) -> Result<Option<Shape>, Error> {
    let found = read(conn, Some(table)).await?;
    // The catalogue compares names without regard to case.
    Ok(found.into_iter().map(|found| found.shape).find(|shape| shape.name == table))
}

async fn read(conn: &mut Conn, table: Option<&str>) -> Result<Vec<FoundTable>, Error> {
    let of_table = if table.is_some() { " and TABLE_NAME = ?" } else { "" };
    let of_this = if table.is_some() { " and t.TABLE_NAME = ?" } else { "" };
    let name = || table.map_or(Params::Empty, |table| (table,).into());
    let rows: Vec<TableRow> = conn.exec(format!("{TABLES}{of_this}"), name()).await?;
    let columns: Vec<ColumnRow> = conn.exec(format!("{COLUMNS}{of_table} order by TABLE_NAME, ORDINAL_POSITION"), name()).await?;
    let keys: Vec<KeyRow> = conn.exec(format!("{KEYS}{of_table} order by TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"), name()).await?;
    let mut keys_of = keys_by_table(keys);
    let mut columns_of: HashMap<String, Vec<Column>> = HashMap::new();
    for (table, name, data_type, declared, charset, comment) in columns {
        let data_type = data_type.to_ascii_lowercase();
        let column = Column { name, data_type, declared, charset, comment: comment.unwrap_or_default() };
        columns_of.entry(table).or_default().push(column);
    }
    let mut found: Vec<_> = rows
        .into_iter()
        .map(|(name, engine, created, rows, bytes, comment, is_view)| {
            let columns = columns_of.remove(&name).unwrap_or_default();
            let key = keys_of.remove(&name).unwrap_or_default();
            let comment = comment.filter(|_| !is_view).unwrap_or_default();
            FoundTable { shape: Shape { name, engine, is_view, created, columns, key }, rows, bytes, comment }
        })
        .collect();
    found.sort_unstable_by(|a, b| a.shape.name.cmp(&b.shape.name));
    Ok(found)
}

/// Chooses the key of each table: the primary key, or else the unique index with the fewest columns, of those without NULL.
fn keys_by_table(rows: Vec<KeyRow>) -> HashMap<String, Key> {
    let mut indexes: BTreeMap<(String, String), Option<Vec<String>>> = BTreeMap::new();
    for (table, index, column, may_be_null) in rows {
        let columns = indexes.entry((table, index)).or_insert_with(|| Some(Vec::new()));
        match column.filter(|_| !may_be_null) {
            Some(column) => columns.as_mut().into_iter().for_each(|columns| columns.push(column.clone())),
            None => *columns = None,
        }
    }
    let mut keys: HashMap<String, Key> = HashMap::new();
    for ((table, index), columns) in indexes {
        let Some(columns) = columns else { continue };
        let (key, found) = (keys.entry(table).or_default(), Key { columns, is_primary: index == PRIMARY });
        let is_better = key.columns.is_empty() || found.is_primary || found.columns.len() < key.columns.len();
        if is_better && !key.is_primary {
            *key = found;
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_primary_key_or_the_shortest_unique_index_without_null() {
        let row = |table: &str, index: &str, column: Option<&str>, may_be_null| {
            (table.to_owned(), index.to_owned(), column.map(str::to_owned), may_be_null)
        };
        let keys = keys_by_table(vec![
            row("deal", "a_number", Some("number"), false),
            row("deal", "PRIMARY", Some("year"), false),
            row("deal", "PRIMARY", Some("id"), false),
            row("line", "a", Some("deal"), false),
            row("line", "a", Some("place"), false),
            row("line", "b", Some("code"), true),
            row("line", "c", Some("uuid"), false),
            row("log", "expression", None, false),
            row("log", "expression", Some("id"), false),
        ]);
        let key =
            |columns: &[&str], is_primary| Key { columns: columns.iter().map(|name| (*name).to_owned()).collect(), is_primary };
        assert_eq!(keys.get("deal"), Some(&key(&["year", "id"], true)));
        assert_eq!(keys.get("line"), Some(&key(&["uuid"], false)));
        assert_eq!(keys.get("log"), None);
    }
}
