//! Cells of backups as values of the API, and in a form in which two of them are compared. The names of what lookups lead to, ids of
//! subforms' rows and the order of tags say nothing about a record.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use hozon_shared::domain::writing::Cells;
use hozon_shared::ports::NewIds;
use serde_json::{Map, Value, json};

use super::described::{CellPart, CellPlace, FieldRights, JsonType, WrittenTable};
use crate::columns::{Column, ColumnKind};

/// A row of a subform in a cell: its cells by the names of fields.
type SubformRow = BTreeMap<String, String>;

/// What cells are read with.
#[derive(Clone, Copy)]
pub(super) struct CellReader<'a> {
    pub table: &'a WrittenTable,
    pub places: &'a [Option<CellPlace>],
    pub new_ids: &'a NewIds,
}

/// No record was created again.
static NO_NEW_IDS: LazyLock<NewIds> = LazyLock::new(NewIds::new);

impl CellReader<'_> {
    /// Reads cells of the CRM, whose ids are those that records have.
    pub(super) fn of_crm(self) -> Self {
        Self { new_ids: &NO_NEW_IDS, ..self }
    }

    /// For each cell, whether it can be written, and so is compared.
    pub(super) fn counts(&self, may: impl Fn(&FieldRights) -> bool) -> Vec<bool> {
        let counts = |place: &Option<CellPlace>| {
            place.is_some_and(|place| place.part != CellPart::Name && may(&self.table.rights[place.column]))
        };
        self.places.iter().map(counts).collect()
    }

    /// Cells in the form in which they are compared. Ids of records that were created again are their new ones.
    pub(super) fn comparable(&self, cells: &Cells) -> Cells {
        cells.iter().zip(self.places).map(|(cell, place)| self.comparable_cell(cell.as_deref()?, (*place)?)).collect()
    }

    fn comparable_cell(&self, cell: &str, place: CellPlace) -> Option<String> {
        let kind = &self.table.table.columns[place.column].kind;
        match (kind, place.part) {
            (_, CellPart::Id) => Some(self.id(cell).to_owned()),
            (ColumnKind::Several(_) | ColumnKind::Tags, _) => {
                let texts: BTreeSet<String> = texts_in(cell).into_iter().collect();
                (!texts.is_empty()).then(|| json!(texts).to_string())
            }
            (ColumnKind::Subform(module), _) => {
                let subform = self.table.subforms.get(module)?;
                let mut rows: Vec<Value> = rows_in(cell).iter().map(|row| json!(self.comparable_row(subform, row))).collect();
                rows.sort_by_cached_key(Value::to_string);
                (!rows.is_empty()).then(|| Value::Array(rows).to_string())
            }
            _ => Some(cell.to_owned()),
        }
    }

    fn comparable_row(&self, subform: &WrittenTable, row: &SubformRow) -> SubformRow {
        let mut comparable = SubformRow::new();
        for (column, _) in subform.fields().filter(|(_, rights)| rights.may_update) {
            let is_lookup = column.width() > 1;
            let name = if is_lookup { format!("{}.id", column.api_name) } else { column.api_name.clone() };
            if let Some(cell) = row.get(&name) {
                comparable.insert(name, if is_lookup { self.id(cell).to_owned() } else { cell.clone() });
            }
        }
        comparable
    }

    /// The id that a record has now.
    pub(super) fn id<'i>(&'i self, id: &'i str) -> &'i str {
        self.new_ids.get(id).map_or(id, String::as_str)
    }

    /// A new record with all that may be set.
    pub(super) fn created(&self, cells: &Cells) -> Map<String, Value> {
        let mut record = Map::new();
        for (at, column) in self.columns() {
            let (known, rights) = (&self.table.table.columns[column], &self.table.rights[column]);
            let has_value = cells.iter().zip(self.places).any(|(cell, place)| {
                cell.is_some() && place.is_some_and(|place| place.column == column && place.part != CellPart::Name)
            });
            if rights.may_create && has_value {
                self.set(&mut record, (known, rights), cells, at, None);
            }
        }
        record
    }

    /// Changes of a record: the columns of the cells at these positions. `now` are its cells now.
    pub(super) fn changed(&self, id: &str, (now, wanted): (&Cells, &Cells), positions: &[usize]) -> Map<String, Value> {
        let mut record = Map::from_iter([("id".to_owned(), json!(id))]);
        let columns: BTreeSet<usize> = positions.iter().filter_map(|at| Some(self.places[*at]?.column)).collect();
        for (at, column) in self.columns().into_iter().filter(|(_, column)| columns.contains(column)) {
            let known = (&self.table.table.columns[column], &self.table.rights[column]);
            self.set(&mut record, known, wanted, at, Some(now));
        }
        record
    }

    /// Columns, each with the position of its first cell.
    fn columns(&self) -> Vec<(usize, usize)> {
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, place) in self.places.iter().enumerate() {
            if let Some(place) = place {
                found.entry(place.column).or_insert(at);
            }
        }
        found.into_iter().map(|(column, at)| (at, column)).collect()
    }

    fn set(
        &self,
        record: &mut Map<String, Value>,
        (column, rights): (&Column, &FieldRights),
        cells: &Cells,
        at: usize,
        now: Option<&Cells>,
    ) {
        let part = |wanted: CellPart| {
            let is_part = |place: &Option<CellPlace>| {
                place.is_some_and(|place| {
                    place.part == wanted && self.table.table.columns[place.column].api_name == column.api_name
                })
            };
            cells[self.places.iter().position(is_part)?].as_deref()
        };
        let name = column.api_name.clone();
        let value = match &column.kind {
            ColumnKind::User | ColumnKind::Lookup(_) => part(CellPart::Id).map_or(Value::Null, |id| json!({ "id": self.id(id) })),
            ColumnKind::AnyLookup => match (part(CellPart::Id), part(CellPart::Module)) {
                (Some(id), Some(module)) => {
                    record.insert("$se_module".to_owned(), json!(module));
                    json!({ "id": self.id(id), "module": { "api_name": module } })
                }
                (Some(id), None) => json!({ "id": self.id(id) }),
                (None, _) => Value::Null,
            },
            ColumnKind::Tags => Value::Array(
                cells[at].as_deref().map(texts_in).unwrap_or_default().iter().map(|tag| json!({ "name": tag })).collect(),
            ),
            ColumnKind::Several(_) => cells[at].as_deref().map_or(Value::Null, |cell| json!(texts_in(cell))),
            ColumnKind::Subform(module) => {
                let Some(subform) = self.table.subforms.get(module) else { return };
                let of = |cells: &Cells| cells[at].as_deref().map(rows_in).unwrap_or_default();
                self.rows(subform, &of(cells), &now.map(of).unwrap_or_default())
            }
            _ => plain(cells[at].as_deref(), rights.json),
        };
        record.insert(name, value);
    }

    /// Rows of a subform: those that are there change, new ones are added, and others are deleted.
    fn rows(&self, subform: &WrittenTable, wanted: &[SubformRow], now: &[SubformRow]) -> Value {
        let there: HashMap<&str, &SubformRow> = now.iter().filter_map(|row| Some((row.get("id")?.as_str(), row))).collect();
        let mut kept = BTreeSet::new();
        let mut rows: Vec<Value> = Vec::new();
        for row in wanted {
            let mut value = Map::new();
            let id = row.get("id").filter(|id| there.contains_key(id.as_str()));
            if let Some(id) = id {
                kept.insert(id.as_str());
                value.insert("id".to_owned(), json!(id));
            }
            for (column, rights) in subform.fields().filter(|(_, rights)| rights.may_update) {
                let cell = |name: &str| row.get(name).map(String::as_str);
                let set = if column.width() > 1 {
                    cell(&format!("{}.id", column.api_name)).map_or(Value::Null, |id| json!({ "id": self.id(id) }))
                } else {
                    value_in_row(column, rights, cell(&column.api_name))
                };
                if id.is_some() || !set.is_null() {
                    value.insert(column.api_name.clone(), set);
                }
            }
            rows.push(Value::Object(value));
        }
        let gone = there.keys().filter(|id| !kept.contains(*id));
        rows.extend(gone.map(|id| json!({ "id": id, "_delete": null })));
        Value::Array(rows)
    }
}

fn value_in_row(column: &Column, rights: &FieldRights, cell: Option<&str>) -> Value {
    match column.kind {
        ColumnKind::Several(_) => cell.map_or(Value::Null, |cell| json!(texts_in(cell))),
        _ => plain(cell, rights.json),
    }
}

/// The value of a cell with a plain text, number or truth value.
fn plain(cell: Option<&str>, json: JsonType) -> Value {
    let Some(cell) = cell else { return Value::Null };
    match json {
        JsonType::Boolean => json!(cell == "true"),
        JsonType::Number => serde_json::from_str(cell).ok().filter(Value::is_number).unwrap_or_else(|| json!(cell)),
        JsonType::Text => json!(cell),
    }
}

/// Texts of a JSON array.
fn texts_in(cell: &str) -> Vec<String> {
    serde_json::from_str(cell).unwrap_or_default()
}

fn rows_in(cell: &str) -> Vec<SubformRow> {
    serde_json::from_str(cell).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hozon_shared::domain::crm::Module;
    use serde_json::json;

    use super::*;
    use crate::catalog::{Table, columns};

    fn written(name: &str, fields: Value) -> WrittenTable {
        let columns = columns(&fields);
        let of = |column: &Column| {
            let json = if column.kind == ColumnKind::Number { JsonType::Number } else { JsonType::Text };
            let may = column.api_name != "id";
            FieldRights { may_create: may, may_update: may, is_required: false, json }
        };
        let rights = columns.iter().map(of).collect();
        let table = Table { api_name: name.to_owned(), columns, count: 0, subforms: Vec::new() };
        WrittenTable { table, rights, subforms: HashMap::new() }
    }

    fn table() -> WrittenTable {
        let lookup = json!({"module": {"api_name": "Accounts"}});
        let mut table = written(
            "Quotes",
            json!([
                {"id": "1", "api_name": "Account", "data_type": "lookup", "json_type": "jsonobject", "lookup": lookup},
                {"id": "2", "api_name": "Tag", "data_type": "text", "json_type": "jsonarray"},
                {"id": "3", "api_name": "Total", "data_type": "currency", "json_type": "double"},
                {"id": "4", "api_name": "Items", "data_type": "subform", "json_type": "jsonarray", "subform": {"module": "Items"}},
            ]),
        );
        let rows = json!([
            {"id": "5", "api_name": "Count", "data_type": "double", "json_type": "double"},
            {"id": "6", "api_name": "Product", "data_type": "lookup", "json_type": "jsonobject", "lookup": lookup},
        ]);
        table.subforms.insert("Items".to_owned(), written("Items", rows));
        table
    }

    /// Id, name and id of the account, tags, total, items.
    fn cells(texts: [&str; 6]) -> Cells {
        texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
    }

    fn with_reader<T>(table: &WrittenTable, new_ids: &NewIds, work: impl FnOnce(CellReader<'_>) -> T) -> T {
        let fields = table.table.fields();
        let module = Module { api_name: "Quotes".to_owned(), fields, ..module() };
        let places = table.places(&module);
        work(CellReader { table, places: &places, new_ids })
    }

    fn module() -> Module {
        serde_json::from_value(json!({
            "api_name": "", "label": "", "order": 0, "contents": "crm", "version": "1", "fields": [], "key": ["id"], "rows": 0,
            "row_bytes": 0, "attachments": 0, "attachment_bytes": 0,
        }))
        .expect("a module")
    }

    #[test]
    fn names_of_lookups_ids_of_rows_and_the_order_of_tags_do_not_count() {
        let row = |id: &str| format!(r#"[{{"id":"{id}","Count":"2","Product":"a name","Product.id":"7"}}]"#);
        let one = cells(["1", "Acme", "5", r#"["b","a"]"#, "2.5", &row("10")]);
        let other = cells(["9", "Other name", "5", r#"["a","b"]"#, "2.5", &row("11")]);
        let (table, none) = (table(), NewIds::new());
        with_reader(&table, &none, |reader| {
            let counts = reader.counts(|rights| rights.may_update);
            assert_eq!(counts, [false, false, true, true, true, true]);
            let (one, other) = (reader.comparable(&one), reader.comparable(&other));
            assert!((0..6).all(|at| !counts[at] || one[at] == other[at]), "{one:?} {other:?}");
        });
        let new = NewIds::from([("7".to_owned(), "70".to_owned())]);
        with_reader(&table, &new, |reader| {
            assert_ne!(reader.comparable(&one)[5], reader.of_crm().comparable(&one)[5], "a backup's ids become new ones");
        });
    }

    #[test]
    fn a_record_is_sent_as_the_api_takes_it() {
        let row = r#"[{"id":"10","Count":"2","Product.id":"7"},{"id":"11","Count":"3"}]"#;
        let wanted = cells(["1", "Acme", "5", r#"["a"]"#, "2.5", row]);
        let new = NewIds::from([("5".to_owned(), "50".to_owned())]);
        let table = table();
        with_reader(&table, &new, |reader| {
            let created = json!({
                "Account": {"id": "50"}, "Tag": [{"name": "a"}], "Total": 2.5,
                "Items": [{"Count": 2, "Product": {"id": "7"}}, {"Count": 3}],
            });
            assert_eq!(Value::Object(reader.created(&wanted)), created);
            let now = cells(["1", "", "", "", "1", r#"[{"id":"10","Count":"9"},{"id":"12","Count":"1"}]"#]);
            let changed = json!({
                "id": "1", "Account": {"id": "50"},
                "Items": [{"id": "10", "Count": 2, "Product": {"id": "7"}}, {"Count": 3}, {"id": "12", "_delete": null}],
            });
            assert_eq!(Value::Object(reader.changed("1", (&now, &wanted), &[2, 5])), changed);
        });
    }
}
