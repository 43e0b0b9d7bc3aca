//! The tables of a database as modules.

use hozon_connector_database::label;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::source::{Gap, GapKind, SourceErrorKind, SourceModule};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use crate::catalog::{Column, Found, FoundTable, Shape};
use crate::columns::Form;
use crate::errors::about;
use crate::names::quoted;
use crate::structure::Structures;

/// Stands for the tables that the server hides from the user.
pub(crate) const HIDDEN_TABLES: &str = "*";

/// Engines whose rows lie elsewhere.
const FOREIGN: [&str; 3] = ["FEDERATED", "CONNECT", "SPIDER"];
/// The engine whose rows a snapshot shows.
const SNAPSHOT_ENGINE: &str = "InnoDB";

/// All tables that a backup could contain.
#[derive(Default)]
pub(crate) struct Tables {
    /// Readable tables with their modules, in the same order.
    pub tables: Vec<Table>,
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    /// Views that a backup contains only if the settings name them.
    pub views: Vec<String>,
    /// Sequences.
    pub sequences: Vec<Sequence>,
}

/// A table that can be read.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub shape: Shape,
}

impl Table {
    /// Whether the snapshot shows its rows.
    pub(crate) fn is_consistent(&self) -> bool {
        self.shape.engine.as_deref() == Some(SNAPSHOT_ENGINE)
    }

    fn is_view(&self) -> bool {
        self.shape.is_view
    }

    pub(crate) fn count(&self) -> String {
        format!("select count(*) from {}", quoted(&self.shape.name))
    }

    /// Opens the table without reading it, which takes its metadata lock.
    pub(crate) fn open(&self) -> String {
        opening(&self.shape.name)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.shape.columns.iter().find(|column| column.name == name)
    }

    fn chosen(&self, fields: &[Field]) -> Vec<&Column> {
        fields.iter().filter_map(|field| self.column(&field.api_name)).collect()
    }

    /// Forms of the values that [`Self::rows`] selects.
    pub(crate) fn forms(&self, fields: &[Field]) -> Vec<Form> {
        self.chosen(fields).into_iter().map(Column::form).collect()
    }

    /// Selects these columns of all rows, in the order of the table's file, and then the conversion checks. InnoDB keeps rows in
    /// the order of the primary key, but may read a smaller index instead if nothing asks for that order.
    pub(crate) fn rows(&self, fields: &[Field]) -> String {
        let chosen = self.chosen(fields);
        let checks = chosen.iter().filter_map(|column| column.conversion_check());
        let selected: Vec<_> = chosen.iter().map(|column| column.selected()).chain(checks).collect();
        let table = quoted(&self.shape.name);
        // A name alone in ORDER BY may also mean a selected expression.
        let key: Vec<_> = self.shape.key.columns.iter().map(|name| format!("{table}.{}", quoted(name))).collect();
        let is_clustered = self.is_consistent() && self.shape.key.is_primary;
        let order = if is_clustered { format!(" order by {}", key.join(", ")) } else { String::new() };
        format!("select {} from {table}{order}", selected.join(", "))
    }
}

fn opening(table: &str) -> String {
    format!("select * from {} limit 0", quoted(table))
}

impl Tables {
    /// Divides what the catalogue lists into modules and gaps. Each table is opened: the server itself says whether the user
    /// may read all of its columns, whoever granted it.
    pub(crate) async fn of(conn: &mut Conn, found: &Found, sees_all: bool) -> Result<Self, SourceError> {
        let mut tables = Self { views: found.other_views.clone(), ..Self::default() };
        if !sees_all {
            tables.gap(HIDDEN_TABLES, GapKind::NoPermission);
        }
        for name in &found.missing {
            tables.gap(name, GapKind::Missing);
        }
        for table in &found.tables {
            tables.add(conn, table).await?;
        }
        Ok(tables)
    }

    /// Adds the structure of each table, and the sequences.
    pub(crate) async fn describe(&mut self, conn: &mut Conn) -> Result<(), Error> {
        let mut structures = Structures::read(conn).await?;
        for (table, module) in self.tables.iter().zip(&mut self.modules) {
            module.structure = Some(structures.take(&table.shape));
        }
        self.sequences = structures.sequences;
        Ok(())
    }

    /// Finds a table by the name of its module.
    pub(crate) fn named(&self, module: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.shape.name == module)
    }

    fn gap(&mut self, table: &str, kind: GapKind) {
        self.gaps.push(Gap::of(table, kind));
    }

    async fn add(&mut self, conn: &mut Conn, found: &FoundTable) -> Result<(), SourceError> {
        let FoundTable { shape, rows, bytes, comment } = found;
        let name = &shape.name;
        if shape.engine.as_deref().is_some_and(|engine| FOREIGN.contains(&engine)) {
            self.gap(name, GapKind::Foreign);
            return Ok(());
        }
        match conn.query_drop(opening(name)).await.map_err(|error| about(error, name)) {
            Ok(()) => {}
            Err(SourceError { kind: SourceErrorKind::NoPermission(_), .. }) => {
                self.gap(name, GapKind::NoPermission);
                return Ok(());
            }
            Err(SourceError { kind: SourceErrorKind::Unreadable(_), .. }) => {
                self.gap(name, GapKind::Damaged);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let table = Table { shape: shape.clone() };
        if !table.is_consistent() && !table.is_view() {
            self.gap(name, GapKind::Inconsistent);
        }
        self.tables.push(table);
        self.modules.push(SourceModule {
            api_name: name.clone(),
            label: label(Some(comment), name),
            contents: DataCategory::Crm,
            fields: shape.columns.iter().map(field).collect(),
            key: shape.key.columns.clone(),
            structure: None,
            estimated_rows: *rows,
            bytes: *bytes,
        });
        Ok(())
    }
}

fn field(column: &Column) -> Field {
    Field {
        api_name: column.name.clone(),
        label: label(Some(&column.comment), &column.name),
        data_type: column.described(),
        contents: DataCategory::Crm,
    }
}
