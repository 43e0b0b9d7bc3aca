//! The tables of a database as modules.

use std::collections::HashMap;

use hozon_connector_database::label;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::source::{Gap, GapKind, SourceModule};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Error, GenericClient, Row};

use crate::catalog::{COLUMNS, KEYS, TABLES};
use crate::names::{module_names, quoted};

/// All tables that a backup could contain.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tables {
    /// Readable tables with their modules, in the same order.
    pub tables: Vec<Table>,
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    /// Whether the user may change a table.
    pub may_write: bool,
}

/// A table that can be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// Whether its rows lie in partitions.
    pub is_partitioned: bool,
    /// Columns that identify a row; empty if none do.
    pub key: Vec<String>,
}

impl Table {
    /// The table for FROM. Rows of tables that inherit from an ordinary table belong to those.
    fn source(&self) -> String {
        let only = if self.is_partitioned { "" } else { "only " };
        format!("{only}{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// Reads these columns of all rows, in the order of the key if there is one.
    pub(crate) fn copy(&self, columns: &[Field]) -> String {
        let columns = columns.iter().map(|column| quoted(&column.api_name)).collect::<Vec<_>>().join(", ");
        let key = self.key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let order = if key.is_empty() { String::new() } else { format!(" order by {key}") };
        format!("copy (select {columns} from {}{order}) to stdout", self.source())
    }

    pub(crate) fn count(&self) -> String {
        format!("select count(*) from {}", self.source())
    }
}

/// Locks tables against changes of their structure. Reading rows takes the same lock (PostgreSQL documentation, "Table-Level
/// Locks").
pub(crate) fn lock(tables: &[Table]) -> String {
    format!("lock table {} in access share mode", tables.iter().map(Table::source).collect::<Vec<_>>().join(", "))
}

impl Tables {
    /// Reads the catalogue as the client's transaction shows it. `schemas` is empty for all.
    pub(crate) async fn read(client: &impl GenericClient, schemas: &[String]) -> Result<Self, Error> {
        let rows = client.query(TABLES, &[&schemas]).await?;
        let oids: Vec<u32> = rows.iter().map(|row| row.get(0)).collect();
        let (mut columns, mut keys) = (columns(client, &oids).await?, keys(client, &oids).await?);
        let names = module_names(&rows.iter().map(|row| (row.get(1), row.get(2))).collect::<Vec<_>>());
        let mut found = Self { tables: Vec::new(), modules: Vec::new(), gaps: Vec::new(), may_write: false };
        for (row, api_name) in rows.iter().zip(names) {
            found.may_write |= row.get::<_, bool>(8);
            if let Some(kind) = gap_of(row) {
                found.gaps.push(Gap { module: api_name, field: None, kind });
                continue;
            }
            let oid = row.get(0);
            found.add(row, api_name, columns.remove(&oid).unwrap_or_default(), keys.remove(&oid).unwrap_or_default());
        }
        Ok(found)
    }

    fn add(&mut self, row: &Row, api_name: String, fields: Vec<Field>, key: Vec<String>) {
        // A table without columns holds nothing that could be written down.
        if fields.is_empty() {
            return;
        }
        let label = label(row.get(10), &api_name);
        self.tables.push(Table {
            oid: row.get(0),
            schema: row.get(1),
            name: row.get(2),
            is_partitioned: row.get::<_, &str>(3) == "p",
            key: key.clone(),
        });
        self.modules.push(SourceModule {
            api_name,
            label,
            contents: DataCategory::Crm,
            fields,
            key,
            estimated_rows: row.get::<_, Option<i64>>(6).and_then(|rows| u64::try_from(rows).ok()),
            bytes: row.get::<_, Option<i64>>(7).and_then(|bytes| u64::try_from(bytes).ok()),
        });
    }
}

fn gap_of(row: &Row) -> Option<GapKind> {
    let (kind, may_read, is_hidden, may_use): (&str, bool, bool, bool) = (row.get(3), row.get(4), row.get(5), row.get(9));
    match () {
        () if kind == "f" => Some(GapKind::Foreign),
        () if !may_use || !may_read => Some(GapKind::NoPermission),
        () if is_hidden => Some(GapKind::RowSecurity),
        () => None,
    }
}

async fn keys(client: &impl GenericClient, tables: &[u32]) -> Result<HashMap<u32, Vec<String>>, Error> {
    let rows = client.query(KEYS, &[&tables]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn columns(client: &impl GenericClient, tables: &[u32]) -> Result<HashMap<u32, Vec<Field>>, Error> {
    let mut found: HashMap<u32, Vec<Field>> = HashMap::new();
    for row in client.query(COLUMNS, &[&tables]).await? {
        let api_name: String = row.get(1);
        let label = label(row.get(3), &api_name);
        let field = Field { api_name, label, data_type: row.get(2), contents: DataCategory::Crm };
        found.entry(row.get(0)).or_default().push(field);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(key: &[&str], is_partitioned: bool) -> Table {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (schema, name) = ("public".to_owned(), "Deal".to_owned());
        Table { oid: 1, schema, name, is_partitioned, key: names(key) }
    }

    #[test]
    fn rows_come_in_key_order_and_only_from_the_table_itself() {
        let fields = ["id", "Größe"].map(|name| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        });
        assert_eq!(
            table(&["id"], false).copy(&fields),
            r#"copy (select "id", "Größe" from only "public"."Deal" order by "id") to stdout"#
        );
        assert_eq!(table(&[], true).copy(&fields), r#"copy (select "id", "Größe" from "public"."Deal") to stdout"#);
    }
}
