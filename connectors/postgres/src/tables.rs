//! The tables of a database as modules.

use std::collections::HashMap;

use hozon_connector_database::label;
use hozon_shared::domain::connection::DatabaseSettings;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::source::{Gap, GapKind, SourceModule};
use hozon_shared::domain::structure::{Column, Sequence, Structure, TableKind, TableName};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Error, GenericClient, Row};

use crate::catalog::{COLUMNS, KEYS, LAYOUTS, TABLES};
use crate::names::{module_names, quoted};
use crate::order::{Layout, RowOrder};
use crate::place::{Place, quoted_list};
use crate::reading::Places;
use crate::structure::{self, Structures};

/// All tables that a backup could contain.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tables {
    /// Readable tables with their modules, in the same order.
    pub tables: Vec<Table>,
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    /// Sequences that belong to no table; known after [`Tables::describe`].
    pub sequences: Vec<Sequence>,
    /// Views that a backup contains only if the settings name them.
    pub views: Vec<String>,
    /// Whether the user may change a table.
    pub may_write: bool,
}

/// Where the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Table,
    Partitioned,
    /// They follow from tables, or are kept as they once did.
    View,
}

/// A table that can be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    kind: Kind,
    /// Columns that identify a row; empty if none do.
    key: Vec<String>,
    columns: Vec<Column>,
    order: RowOrder,
}

impl Table {
    /// The table for FROM. Rows of tables that inherit from an ordinary table belong to those.
    pub(crate) fn source(&self) -> String {
        let only = if self.kind == Kind::Table { "only " } else { "" };
        format!("{only}{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// How a reader of these columns knows the place behind a row. Rows of several files have no address that orders them, and those of
    /// a view have none.
    pub(crate) fn places(&self, columns: &[Field]) -> Places {
        let at = |name: &String| columns.iter().position(|column| column.api_name == *name);
        match (self.order, self.kind) {
            (RowOrder::Key, _) => self.key.iter().map(at).collect::<Option<_>>().map_or(Places::None, Places::Key),
            (RowOrder::File, Kind::Table) => Places::Address,
            (RowOrder::File, Kind::Partitioned | Kind::View) => Places::None,
        }
    }

    /// Reads these columns of all rows, or of those behind a place.
    pub(crate) fn copy(&self, columns: &[Field], places: &Places, from: Option<&Place>) -> String {
        let mut read: Vec<_> = columns.iter().map(|column| quoted(&column.api_name)).collect();
        if *places == Places::Address {
            read.push("ctid".to_owned());
        }
        let behind = from.map(|place| format!(" where {}", place.condition(&self.key))).unwrap_or_default();
        let order = match self.order {
            RowOrder::File => String::new(),
            RowOrder::Key => format!(" order by {}", quoted_list(&self.key)),
        };
        format!("copy (select {} from {}{behind}{order}) to stdout", read.join(", "), self.source())
    }

    pub(crate) fn count(&self) -> String {
        format!("select count(*) from {}", self.source())
    }

    /// Adds name, kind and columns to what else is known of its structure.
    fn structure(&self, known: Structure) -> Structure {
        Structure {
            table: TableName { schema: Some(self.schema.clone()), name: self.name.clone() },
            kind: if self.kind == Kind::View { TableKind::View } else { TableKind::Table },
            columns: self.columns.clone(),
            ..known
        }
    }
}

/// Locks tables against changes of their structure; `None` if there are none. Reading rows takes the same lock (PostgreSQL
/// documentation, "Table-Level Locks"). Views are left out: a materialized one cannot be locked.
pub(crate) fn lock(tables: &[Table]) -> Option<String> {
    let tables: Vec<_> = tables.iter().filter(|table| table.kind != Kind::View).map(Table::source).collect();
    (!tables.is_empty()).then(|| format!("lock table {} in access share mode", tables.join(", ")))
}

impl Tables {
    /// Reads the catalogue as the client's transaction shows it.
    pub(crate) async fn read(client: &impl GenericClient, settings: &DatabaseSettings) -> Result<Self, Error> {
        let mut found = Self::default();
        let rows = client.query(TABLES, &[&settings.schemas]).await?;
        let rows = found.without_other_views(rows, &settings.views);
        let oids: Vec<u32> = rows.iter().map(|row| row.get(0)).collect();
        let (mut columns, mut keys) = (columns(client, &oids).await?, keys(client, &oids).await?);
        let names = module_names(&rows.iter().map(|row| (row.get(1), row.get(2))).collect::<Vec<_>>());
        for (row, api_name) in rows.iter().zip(names) {
            found.may_write |= row.get::<_, bool>(8);
            if let Some(kind) = gap_of(row) {
                found.gaps.push(Gap::of(&api_name, kind));
                continue;
            }
            let oid = row.get(0);
            found.add(row, api_name, columns.remove(&oid).unwrap_or_default(), keys.remove(&oid).unwrap_or_default());
        }
        Ok(found)
    }

    /// Finds a table by the name of its module.
    pub(crate) fn named(&self, module: &str) -> Option<&Table> {
        self.modules.iter().position(|known| known.api_name == module).map(|at| &self.tables[at])
    }

    /// Lists the views, and keeps of them only what `chosen` names, with its schema or without. What is chosen and not there is a gap.
    fn without_other_views(&mut self, rows: Vec<Row>, chosen: &[String]) -> Vec<Row> {
        let mut missing: Vec<_> = chosen.to_vec();
        let mut kept = Vec::new();
        for row in rows {
            if kind_of(&row) != Kind::View {
                kept.push(row);
                continue;
            }
            let (schema, name): (&str, &str) = (row.get(1), row.get(2));
            let qualified = format!("{schema}.{name}");
            missing.retain(|wanted| *wanted != qualified && wanted != name);
            if chosen.iter().any(|wanted| *wanted == qualified || wanted == name) {
                kept.push(row);
            } else {
                self.views.push(qualified);
            }
        }
        self.gaps.extend(missing.iter().map(|module| Gap::of(module, GapKind::Missing)));
        kept
    }

    fn add(&mut self, row: &Row, api_name: String, columns: Vec<(Field, Column)>, key: Vec<String>) {
        // A table without columns holds nothing that could be written down.
        if columns.is_empty() {
            return;
        }
        let (fields, columns) = columns.into_iter().unzip();
        let label = label(row.get(10), &api_name);
        self.tables.push(Table {
            oid: row.get(0),
            schema: row.get(1),
            name: row.get(2),
            kind: kind_of(row),
            key: key.clone(),
            columns,
            order: RowOrder::File,
        });
        self.modules.push(SourceModule {
            api_name,
            label,
            contents: DataCategory::Crm,
            fields,
            key,
            structure: None,
            estimated_rows: row.get::<_, Option<i64>>(6).and_then(|rows| u64::try_from(rows).ok()),
            bytes: row.get::<_, Option<i64>>(7).and_then(|bytes| u64::try_from(bytes).ok()),
        });
    }

    /// Adds what reading and keeping the tables needs: the order of their rows, and their structure. `client` has the transaction,
    /// `observer` has none.
    pub(crate) async fn describe(&mut self, client: &Client, observer: &Client, schemas: &[String]) -> Result<(), Error> {
        let oids: Vec<u32> = self.tables.iter().map(|table| table.oid).collect();
        let mut structures = Structures::read(client, &oids).await?;
        structures.add_sequences(observer, &oids, schemas).await?;
        for (table, module) in self.tables.iter().zip(&mut self.modules) {
            module.structure = Some(table.structure(structures.take(table.oid)));
        }
        self.sequences = structures.sequences;
        let mut layouts = self.layouts(client).await?;
        for table in &mut self.tables {
            let layout = Layout { key_columns: table.key.len(), ..layouts.remove(&table.oid).unwrap_or_default() };
            table.order = layout.order();
        }
        Ok(())
    }

    async fn layouts(&self, client: &impl GenericClient) -> Result<HashMap<u32, Layout>, Error> {
        let with_key = self.tables.iter().filter_map(|table| Some((table.oid, table.key.first()?.as_str())));
        let (oids, columns): (Vec<u32>, Vec<&str>) = with_key.unzip();
        let rows = client.query(LAYOUTS, &[&oids, &columns]).await?;
        Ok(rows.iter().map(|row| (row.get(0), layout(row))).collect())
    }
}

fn layout(row: &Row) -> Layout {
    Layout {
        bytes: u64::try_from(row.get::<_, i64>(1)).unwrap_or_default(),
        correlation: row.get(2),
        distinct: row.get(3),
        is_clustered: row.get(4),
        key_columns: 0,
    }
}

fn kind_of(row: &Row) -> Kind {
    match row.get(3) {
        "p" => Kind::Partitioned,
        "v" | "m" => Kind::View,
        _ => Kind::Table,
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

async fn columns(client: &impl GenericClient, tables: &[u32]) -> Result<HashMap<u32, Vec<(Field, Column)>>, Error> {
    let mut found: HashMap<u32, Vec<_>> = HashMap::new();
    for row in client.query(COLUMNS, &[&tables]).await? {
        let (api_name, data_type): (String, String) = (row.get(1), row.get(2));
        let column = structure::column(&row, 4, api_name.clone(), data_type.clone());
        let field = Field { label: label(row.get(3), &api_name), api_name, data_type, contents: DataCategory::Crm };
        found.entry(row.get(0)).or_default().push((field, column));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(order: RowOrder, kind: Kind) -> Table {
        let (schema, name) = ("public".to_owned(), "Deal".to_owned());
        Table { oid: 1, schema, name, kind, key: vec!["id".to_owned()], columns: Vec::new(), order }
    }

    #[test]
    fn rows_come_in_their_order_and_only_from_the_table_itself() {
        let fields = ["id", "Größe"].map(|name| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        });
        assert_eq!(
            table(RowOrder::Key, Kind::Table).copy(&fields, &Places::None, None),
            r#"copy (select "id", "Größe" from only "public"."Deal" order by "id") to stdout"#
        );
        for kind in [Kind::Partitioned, Kind::View] {
            let sql = table(RowOrder::File, kind).copy(&fields, &Places::None, None);
            assert_eq!(sql, r#"copy (select "id", "Größe" from "public"."Deal") to stdout"#);
        }
    }

    #[test]
    fn reading_goes_on_behind_a_place_where_the_order_has_one() {
        let field = |name: &str| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        };
        let (fields, key) = ([field("note"), field("id")], Place::Key(vec!["5".to_owned()]));
        let by_key = table(RowOrder::Key, Kind::Partitioned);
        assert_eq!(by_key.places(&fields), Places::Key(vec![1]));
        assert_eq!(by_key.places(&fields[..1]), Places::None);
        assert_eq!(
            by_key.copy(&fields, &Places::Key(vec![1]), Some(&key)),
            r#"copy (select "note", "id" from "public"."Deal" where ("id") > ('5') order by "id") to stdout"#
        );
        assert_eq!(table(RowOrder::File, Kind::Partitioned).places(&fields), Places::None);
        let as_they_lie = table(RowOrder::File, Kind::Table);
        assert_eq!(
            as_they_lie.copy(&fields, &as_they_lie.places(&fields), Some(&Place::Address("(7,2)".to_owned()))),
            r#"copy (select "note", "id", ctid from only "public"."Deal" where ctid > '(7,2)') to stdout"#
        );
    }
}
