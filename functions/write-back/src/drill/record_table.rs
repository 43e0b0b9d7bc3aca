//! Tables that a drill makes for modules that are no tables, such as those of Zoho CRM: one for each module, with a row for each record. A row
//! holds its record as one JSON document, so that no limit on the number, the names and the sizes of columns hinders it.

use std::collections::{BTreeMap, HashMap};

use futures_util::StreamExt;
use hozon_shared::archive::csv::kept_columns;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::crm::{DataCategory, Field, Module};
use hozon_shared::domain::rows::{Cell, RowPage, UnevenRows};
use hozon_shared::domain::structure::{Column, Constraint, Rule, Structure, TableKind, TableName};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::snapshots::reader::RowStream;

/// Longest part of a module's name in the name of its table.
const LONGEST_NAME: usize = 40;
/// Running number of the row. Nothing need identify the records of a module.
const NUMBER: &str = "number";
/// Id of the record, for people; NULL where nothing identifies records.
const ID: &str = "id";
/// The record: a JSON object with the values of its fields.
pub(super) const RECORD: &str = "record";

/// How a restore target declares the columns of such tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordTables {
    schema: Option<String>,
    text: &'static str,
    collation: Option<String>,
}

/// The table of one module.
#[derive(Debug, Clone)]
pub(super) struct RecordTable {
    /// The table, as a module that can be made and filled.
    pub table: Module,
    /// Names of the fields that backups contain.
    names: Vec<String>,
    /// Positions of the fields among those that identify a record.
    key: Vec<usize>,
    /// For each field of the module, its position in `names`.
    places: Vec<Option<usize>>,
}

impl RecordTables {
    /// The tables of a restore target. `None` if it is no database.
    pub(super) fn of(target: &SourceSettings) -> Option<Self> {
        match target {
            SourceSettings::Postgres(settings) => {
                let schema = settings.schemas.first().cloned().unwrap_or_else(|| "public".to_owned());
                Some(Self { schema: Some(schema), text: "text", collation: None })
            }
            // The database may have another character set.
            SourceSettings::Mysql(_) => Some(Self { schema: None, text: "longtext", collation: Some("utf8mb4_bin".to_owned()) }),
            SourceSettings::Native {} | SourceSettings::Zoho(_) | SourceSettings::ZohoBackup(_) => None,
        }
    }

    /// The table of the module at a position of the backup.
    pub(super) fn table(&self, module: &Module, position: usize) -> RecordTable {
        let kept = kept_columns(&module.fields);
        let names: Vec<String> = kept.iter().map(|at| module.fields[*at].api_name.clone()).collect();
        let key = module.key.iter().filter_map(|name| names.iter().position(|known| known == name)).collect();
        let places = (0..module.fields.len()).map(|at| kept.iter().position(|kept| *kept == at)).collect();
        RecordTable { table: self.described(&table_name(&module.api_name, position)), names, key, places }
    }

    fn described(&self, name: &str) -> Module {
        let text = |name: &str, nullable| Column {
            name: name.to_owned(),
            declared: self.text.to_owned(),
            nullable,
            collation: self.collation.clone(),
            ..Column::default()
        };
        let number = Column { name: NUMBER.to_owned(), declared: "bigint".to_owned(), ..Column::default() };
        let rule = Rule::PrimaryKey { columns: vec![NUMBER.to_owned()] };
        let definition = Some(format!("PRIMARY KEY ({NUMBER})"));
        let structure = Structure {
            table: TableName { schema: self.schema.clone(), name: name.to_owned() },
            kind: TableKind::Table,
            columns: vec![number, text(ID, true), text(RECORD, false)],
            constraints: vec![Constraint { name: format!("{name}_pkey"), rule, definition, is_inherited: false }],
            ..Structure::default()
        };
        let field = |name: &str| {
            let (api_name, label, data_type) = (name.to_owned(), name.to_owned(), "text".to_owned());
            Field { api_name, label, data_type, contents: DataCategory::Crm }
        };
        Module {
            api_name: name.to_owned(),
            label: name.to_owned(),
            order: 0,
            contents: DataCategory::Crm,
            version: String::new(),
            fields: [NUMBER, ID, RECORD].map(field).into(),
            key: vec![NUMBER.to_owned()],
            structure: Some(structure),
            rows: 0,
            row_bytes: 0,
            attachments: 0,
            attachment_bytes: 0,
        }
    }
}

/// A name that every server takes as it is: small ASCII letters, digits and underscores, and unlike those of other modules.
fn table_name(api_name: &str, position: usize) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let name: String = api_name.chars().take(LONGEST_NAME).map(plain).collect();
    format!("{name}_{}", position + 1)
}

impl RecordTable {
    /// Rows of the module as rows of the table.
    pub(super) fn pages(&self, rows: RowStream) -> RowStream {
        let (table, mut number) = (self.clone(), 0u64);
        rows.map(move |page| {
            let page = page?;
            let mut documents = RowPage::new(3);
            let uneven = |error| PortError::with(ErrorKind::Corrupt, "make documents of records", error);
            page.for_each(|cells| {
                number += 1;
                table.push(&mut documents, number, cells)
            })
            .map_err(uneven)?;
            Ok(documents)
        })
        .boxed()
    }

    fn push(&self, page: &mut RowPage, number: u64, cells: &[Cell<'_>]) -> Result<(), UnevenRows> {
        let record: BTreeMap<&str, Cell<'_>> = self.names.iter().map(String::as_str).zip(cells.iter().copied()).collect();
        let record = serde_json::json!(record).to_string();
        let id: Vec<&str> = self.key.iter().filter_map(|at| cells.get(*at).copied().flatten()).collect();
        let id = (!id.is_empty()).then(|| id.join(","));
        page.push(&[Some(&number.to_string()), id.as_deref(), Some(&record)])
    }

    /// The records of a page of documents, with a cell for each field of the module. A document that is not one of the module's is left out.
    pub(super) fn records(&self, page: &RowPage, column: usize) -> Result<RowPage, PortError> {
        let mut records = RowPage::new(self.places.len());
        let add = |cells: &[Cell<'_>]| {
            let document = cells.get(column).copied().flatten();
            let found: Option<HashMap<String, Option<String>>> = document.and_then(|text| serde_json::from_str(text).ok());
            let found = found.filter(|record| record.len() == self.names.len());
            match found.as_ref().and_then(|record| self.cells(record)) {
                Some(row) => records.push(&row),
                None => Ok(()),
            }
        };
        page.for_each(add).map_err(|error| PortError::with(ErrorKind::Corrupt, "make records of documents", error))?;
        Ok(records)
    }

    fn cells<'a>(&self, record: &'a HashMap<String, Option<String>>) -> Option<Vec<Cell<'a>>> {
        let cell = |place: &Option<usize>| match place {
            Some(at) => record.get(&self.names[*at]).map(Option::as_deref),
            None => Some(None),
        };
        self.places.iter().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, TryStreamExt, stream};
    use hozon_shared::domain::connection::{CapturedBy, DatabaseSettings, Tls};
    use proptest::prelude::*;

    use super::*;

    fn module(names: &[&str], key: &[&str]) -> Module {
        let tables = RecordTables { schema: None, text: "text", collation: None };
        let field = |name: &&str| Field {
            api_name: (*name).to_owned(),
            label: String::new(),
            data_type: "text".to_owned(),
            contents: if name.starts_with("mail") { DataCategory::Mail } else { DataCategory::Crm },
        };
        let (fields, key) = (names.iter().map(field).collect(), key.iter().map(|name| (*name).to_owned()).collect());
        Module { api_name: "Leads".to_owned(), fields, key, structure: None, ..tables.described("Leads") }
    }

    fn there_and_back(table: &RecordTable, rows: &[Vec<Option<String>>]) -> Vec<Vec<Option<String>>> {
        let mut page = RowPage::new(2);
        for row in rows {
            page.push(&row.iter().map(Option::as_deref).collect::<Vec<_>>()).expect("a row");
        }
        let pages = table.pages(stream::iter([Ok(page)]).boxed());
        let documents: Vec<RowPage> =
            pages.try_collect::<Vec<_>>().now_or_never().expect("nothing is waited for").expect("documents");
        let mut found = Vec::new();
        for page in documents {
            let Ok(()) = table.records(&page, 2).expect("records").for_each(|cells| {
                found.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
                Ok::<(), Infallible>(())
            });
        }
        found
    }

    proptest! {
        #[test]
        fn records_come_back_as_they_were(rows in proptest::collection::vec(proptest::collection::vec(any::<Option<String>>(), 2), 0..20)) {
            let tables = RecordTables { schema: None, text: "text", collation: None };
            let table = tables.table(&module(&["id", "mail_body", "名前 \"x\""], &["id"]), 0);
            let expected: Vec<Vec<Option<String>>> = rows.iter().map(|row| vec![row[0].clone(), None, row[1].clone()]).collect();
            prop_assert_eq!(there_and_back(&table, &rows), expected);
        }
    }

    #[test]
    fn documents_that_are_none_of_the_module_are_left_out() {
        let tables = RecordTables { schema: None, text: "text", collation: None };
        let table = tables.table(&module(&["id", "name"], &["id"]), 0);
        let mut page = RowPage::new(3);
        for document in [
            r#"{"id":"1","name":null}"#,
            r#"{"id":"2"}"#,
            r#"{"id":"3","name":"a","more":"b"}"#,
            "garbled",
            r#"{"id":"4","other":"a"}"#,
        ] {
            page.push(&[Some("1"), None, Some(document)]).expect("a row");
        }
        assert_eq!(table.records(&page, 2).expect("records").rows(), 1);
    }

    #[test]
    fn names_of_tables_are_plain_and_differ() {
        let names = ["Leads", "leads", "見積 \"1\"", &"x".repeat(99)]
            .into_iter()
            .enumerate()
            .map(|(at, name)| table_name(name, at))
            .collect::<Vec<_>>();
        assert_eq!(names, ["leads_1".to_owned(), "leads_2".to_owned(), "____1__3".to_owned(), format!("{}_4", "x".repeat(40))]);
        let text = String::new;
        let settings = DatabaseSettings {
            host: text(),
            port: 1,
            database: text(),
            user: text(),
            tls: Tls::VerifyFull,
            ca: None,
            schemas: vec!["drills".to_owned()],
            views: Vec::new(),
            files: None,
            captured_by: CapturedBy::Service,
        };
        let tables = RecordTables::of(&SourceSettings::Postgres(settings)).expect("a database");
        assert_eq!(tables.schema.as_deref(), Some("drills"));
        assert_eq!(RecordTables::of(&SourceSettings::Native {}), None);
    }
}
