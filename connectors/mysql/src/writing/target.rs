//! The table of a module as it is now, as far as writing needs it.

use hozon_shared::domain::crm::{DataCategory, Module};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use crate::catalog::Column;

const TABLE: &str = "select TABLE_NAME, TABLE_TYPE from information_schema.TABLES
where TABLE_SCHEMA = database() and TABLE_NAME = ?";

/// Columns with what the user may do with them, by whatever right.
const COLUMNS: &str = "select COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, coalesce(GENERATION_EXPRESSION, '') <> '',
       IS_NULLABLE = 'NO' and COLUMN_DEFAULT is null and EXTRA not like '%auto_increment%', PRIVILEGES
from information_schema.COLUMNS
where TABLE_SCHEMA = database() and TABLE_NAME = ? order by ORDINAL_POSITION";

type ColumnRow = (String, String, String, Option<String>, bool, bool, String);

/// A table that may be written.
pub(crate) struct TargetTable {
    pub name: String,
    is_table: bool,
    pub columns: Vec<TargetColumn>,
}

pub(crate) struct TargetColumn {
    pub column: Column,
    /// The server computes it, and takes no value.
    pub is_generated: bool,
    /// A row must have it, and the server gives it no value.
    pub is_required: bool,
    pub may_write: bool,
}

impl TargetTable {
    /// Reads the table of a module; `None` if the module names none, or it is gone.
    pub(crate) async fn of_module(conn: &mut Conn, module: &Module) -> Result<Option<Self>, Error> {
        match &module.structure {
            Some(structure) => Self::named(conn, &structure.table.name).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn named(conn: &mut Conn, name: &str) -> Result<Option<Self>, Error> {
        let found: Vec<(String, String)> = conn.exec(TABLE, (name,)).await?;
        // The catalogue compares names without regard to case.
        let Some((name, kind)) = found.into_iter().find(|(found, _)| found == name) else { return Ok(None) };
        let columns: Vec<ColumnRow> = conn.exec(COLUMNS, (&name,)).await?;
        let columns = columns.into_iter().map(column).collect();
        Ok(Some(Self { name, is_table: !kind.contains("VIEW"), columns }))
    }

    /// Whether its rows can be written. Those of a view follow from tables.
    pub(crate) fn has_rows(&self) -> bool {
        self.is_table
    }

    pub(crate) fn column(&self, name: &str) -> Option<&TargetColumn> {
        self.columns.iter().find(|known| known.column.name == name)
    }

    /// Positions of the fields that identify a record of the module; `None` if none do, or its rows cannot be written.
    pub(crate) fn key(&self, module: &Module) -> Option<Vec<usize>> {
        let at = |name: &String| contained(module).position(|field| field == name).filter(|_| self.column(name).is_some());
        let key: Vec<usize> = module.key.iter().map(at).collect::<Option<_>>()?;
        (self.has_rows() && !key.is_empty()).then_some(key)
    }
}

fn column((name, data_type, declared, charset, is_generated, is_required, rights): ColumnRow) -> TargetColumn {
    let has = |right: &str| rights.split(',').any(|known| known == right);
    let may_write = has("select") && has("insert") && has("update");
    let data_type = data_type.to_ascii_lowercase();
    let column = Column { name, data_type, declared, charset, comment: String::new() };
    TargetColumn { column, is_generated, is_required: is_required && !is_generated, may_write }
}

/// Names of the fields that backups contain, in the order of a record's cells.
pub(crate) fn contained(module: &Module) -> impl Iterator<Item = &str> {
    module.fields.iter().filter(|field| field.contents == DataCategory::Crm).map(|field| field.api_name.as_str())
}
