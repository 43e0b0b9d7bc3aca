//! The table of a module as it is now, as far as writing needs it.

use std::collections::HashMap;

use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::structure::TableName;
use tokio_postgres::{Error, GenericClient, Row};

use crate::names::quoted;

/// Tables `$2` of the schemas `$1`, with a row for each column.
const COLUMNS: &str = r"
select n.nspname::text, c.relname::text, c.relkind::text, has_schema_privilege(n.oid, 'USAGE') and not row_security_active(c.oid),
       has_any_column_privilege(c.oid, 'UPDATE'),
       a.attname::text, a.attgenerated <> '', a.attnotnull and not a.atthasdef and a.attidentity = '',
       has_column_privilege(c.oid, a.attnum, 'SELECT') and has_column_privilege(c.oid, a.attnum, 'INSERT')
       and has_column_privilege(c.oid, a.attnum, 'UPDATE')
from unnest($1::text[], $2::text[]) wanted (schema, name)
join pg_catalog.pg_namespace n on n.nspname = wanted.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
order by 1, 2, a.attnum";

/// A table that may be written.
#[derive(Debug, Clone)]
pub(crate) struct WrittenTable {
    name: TableName,
    kind: String,
    /// Whether the user may use its schema, and row security hides nothing of it.
    pub is_visible: bool,
    /// Whether rows can be locked.
    pub may_lock: bool,
    pub columns: Vec<WrittenColumn>,
}

#[derive(Debug, Clone)]
pub(crate) struct WrittenColumn {
    pub name: String,
    /// The server computes it, and takes no value.
    pub is_generated: bool,
    /// A row must have it, and the server gives it no value.
    pub is_required: bool,
    pub may_write: bool,
}

impl WrittenTable {
    /// Reads the tables of modules. A module that names no table, and one whose table is gone, has none.
    pub(crate) async fn of_modules(client: &impl GenericClient, modules: &[Module]) -> Result<Vec<Option<Self>>, Error> {
        let names: Vec<Option<&TableName>> =
            modules.iter().map(|module| module.structure.as_ref().map(|structure| &structure.table)).collect();
        let (mut schemas, mut tables): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for name in names.iter().flatten() {
            schemas.extend(name.schema.as_deref());
            tables.extend(name.schema.as_ref().map(|_| name.name.as_str()));
        }
        let mut found = HashMap::new();
        for row in client.query(COLUMNS, &[&schemas, &tables]).await? {
            Self::add(&mut found, &row);
        }
        Ok(names.into_iter().map(|name| found.get(&(name?.schema.clone()?, name?.name.clone())).cloned()).collect())
    }

    fn add(found: &mut HashMap<(String, String), Self>, row: &Row) {
        let (schema, name): (String, String) = (row.get(0), row.get(1));
        let table = found.entry((schema.clone(), name.clone())).or_insert_with(|| Self {
            name: TableName { schema: Some(schema), name },
            kind: row.get(2),
            is_visible: row.get(3),
            may_lock: row.get(4),
            columns: Vec::new(),
        });
        let (name, is_generated, is_required, may_write) = (row.get(5), row.get(6), row.get(7), row.get(8));
        table.columns.push(WrittenColumn { name, is_generated, is_required, may_write });
    }

    /// Whether its rows can be written: those of a view follow from tables, and those of a foreign table lie elsewhere.
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p")
    }

    /// The table's name in SQL.
    pub(crate) fn named(&self) -> String {
        let schema = self.name.schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
        format!("{schema}{}", quoted(&self.name.name))
    }

    /// The table without those that inherit from it, whose rows are their own.
    pub(crate) fn source(&self) -> String {
        let only = if self.kind == "r" { "only " } else { "" };
        format!("{only}{}", self.named())
    }

    pub(crate) fn column(&self, name: &str) -> Option<&WrittenColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// How the cells of a module's records lie in its table.
pub(crate) struct CellPlaces {
    pub source: String,
    pub named: String,
    /// The fields in the order of the cells.
    pub fields: Vec<String>,
    /// For each field, whether the table has it and takes its values.
    pub counts: Vec<bool>,
    /// Positions of the fields that identify a record.
    pub key: Vec<usize>,
}

impl CellPlaces {
    /// `None` if the records cannot be written: nothing identifies them, or they are no rows of a table.
    pub(crate) fn of(module: &Module, table: &WrittenTable) -> Option<Self> {
        let places = Self::of_new_rows(module, table)?;
        let at = |name: &String| places.fields.iter().position(|field| field == name);
        let key: Option<Vec<usize>> = module.key.iter().map(at).collect();
        let key = key.filter(|key| !key.is_empty() && key.iter().all(|at| table.column(&places.fields[*at]).is_some()))?;
        Some(Self { key, ..places })
    }

    /// The places of rows that are only inserted, so that nothing need identify them. `None` if they are no rows of a table.
    pub(crate) fn of_new_rows(module: &Module, table: &WrittenTable) -> Option<Self> {
        let fields: Vec<String> = contained(module).map(str::to_owned).collect();
        let counts = fields.iter().map(|name| table.column(name).is_some_and(|column| !column.is_generated)).collect();
        table.has_rows().then(|| Self { source: table.source(), named: table.named(), fields, counts, key: Vec::new() })
    }
}

/// Names of the fields that backups contain, in the order of a record's cells.
pub(crate) fn contained(module: &Module) -> impl Iterator<Item = &str> {
    module.fields.iter().filter(|field| field.contents == DataCategory::Crm).map(|field| field.api_name.as_str())
}
