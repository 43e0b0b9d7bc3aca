//! The whole organisation: records, files, tokens, limits and faults, behind one lock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde_json::{Value, json};

use crate::backups::Backups;
use crate::faults::Faults;
use crate::jobs::Jobs;
use crate::modules;
use crate::options::{Options, SampleSize};
use crate::people;
use crate::rows::{Row, World, full_name, parent_of, tag, written};
use crate::schema::{FIRST_NEW_ID, FieldKind, FieldSpec, ModuleSpec};
use crate::table::{Table, id_in};
use crate::tokens::Tokens;
use crate::usage::Meter;
use crate::words;

/// Everything that the server knows.
#[derive(Debug)]
pub struct Organisation {
    /// How far the clock was advanced.
    advanced: Duration,
    pub options: Options,
    pub faults: Faults,
    pub meter: Meter,
    pub tokens: Tokens,
    pub jobs: Jobs,
    pub backups: Backups,
    tables: BTreeMap<String, Table>,
    world: Arc<World>,
    /// Modules of subforms, which have no rows of their own.
    subforms: BTreeMap<String, Arc<ModuleSpec>>,
    next_id: u64,
    next_module: u64,
    /// Contents of attachments that were uploaded.
    uploads: BTreeMap<u64, Arc<Vec<u8>>>,
    photos: BTreeMap<u64, Arc<Vec<u8>>>,
    /// Notes and attachments that went into the recycle bin with their record.
    pub bin_with: BTreeMap<u64, Vec<(String, u64)>>,
}

impl Organisation {
    pub fn new(size: &SampleSize) -> Self {
        let specs = modules::modules();
        let count =
            |spec: &ModuleSpec| size.records.iter().find(|(name, _)| *name == spec.api_name).map_or(0, |(_, count)| *count);
        let counts = specs.iter().map(|spec| (spec.api_name.clone(), (spec.number, count(spec)))).collect();
        let next_module = specs.len() as u64 + 1;
        let (rows, plain): (Vec<_>, Vec<_>) = specs.into_iter().partition(|spec| spec.parent.is_some());
        let subforms: BTreeMap<_, _> = rows.into_iter().map(|spec| (spec.api_name.clone(), Arc::new(spec))).collect();
        let world = Arc::new(World { counts, subforms: subforms.clone() });
        let table = |spec: ModuleSpec| (spec.api_name.clone(), Table::new(spec.clone(), count(&spec), &world));
        let tables = plain.into_iter().map(table).collect();
        Self {
            advanced: Duration::zero(),
            options: Options::default(),
            faults: Faults::default(),
            meter: Meter::default(),
            tokens: Tokens::new(),
            jobs: Jobs::default(),
            backups: Backups::default(),
            tables,
            world,
            subforms,
            next_id: FIRST_NEW_ID,
            next_module,
            uploads: BTreeMap::new(),
            photos: BTreeMap::new(),
            bin_with: BTreeMap::new(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.advanced
    }

    pub fn advance(&mut self, by: Duration) {
        self.advanced += by;
    }

    pub fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Modules in the order of their numbers, subforms included.
    pub fn specs(&self) -> Vec<Arc<ModuleSpec>> {
        let subforms = self.subforms.values().filter(|spec| spec.parent.is_some_and(|parent| self.tables.contains_key(parent)));
        let mut specs: Vec<_> = self.tables.values().map(|table| &table.spec).chain(subforms).cloned().collect();
        specs.sort_by_key(|spec| spec.number);
        specs
    }

    pub fn spec(&self, module: &str) -> Option<Arc<ModuleSpec>> {
        self.specs().into_iter().find(|spec| spec.api_name == module)
    }

    /// The records of a module. A subform's rows are collected from the records that have them.
    pub fn table(&self, module: &str) -> Option<Cow<'_, Table>> {
        if let Some(table) = self.tables.get(module) {
            return Some(Cow::Borrowed(table));
        }
        let spec = self.subforms.get(module)?;
        let parents = self.tables.get(spec.parent?)?;
        let (field, _) = parents.spec.subforms().find(|(_, rows)| *rows == module)?;
        let only = [field.to_owned()];
        let rows = parents.ids(0).filter_map(|id| parents.part(id, &only)).flat_map(|parent| rows_in(&parent, field));
        Some(Cow::Owned(Table::of(spec, rows)))
    }

    /// Adds an empty custom module.
    pub fn add_module(&mut self, api_name: &str, label: &str) {
        let spec = modules::custom(api_name, label, self.next_module);
        self.next_module += 1;
        self.tables.insert(api_name.to_owned(), Table::new(spec, 0, &self.world));
    }

    pub fn remove_module(&mut self, module: &str) {
        self.tables.remove(module);
    }

    /// Adds a record, with its system fields and the names of what it refers to.
    pub fn insert(&mut self, module: &str, given: Row) -> Option<u64> {
        let spec = Arc::clone(&self.tables.get(module)?.spec);
        let (id, now) = (self.new_id(), written(self.now().trunc_subsecs(0)));
        let mut row: Row = spec.fields.iter().map(|field| (field.api_name.clone(), empty(&field.kind))).collect();
        row.insert("id".to_owned(), json!(id.to_string()));
        for field in ["Owner", "Created_By", "Modified_By"] {
            row.insert(field.to_owned(), people::user(0));
        }
        for field in ["Created_Time", "Modified_Time"] {
            row.insert(field.to_owned(), json!(now));
        }
        for field in spec.fields.iter().filter(|field| field.kind == FieldKind::AutoNumber) {
            row.insert(field.api_name.clone(), json!(format!("No-{:06}", id - FIRST_NEW_ID + 100_000)));
        }
        self.merge(&spec, &mut row, given);
        self.tables.get_mut(module)?.put(row);
        Some(id)
    }

    /// Changes fields of a record, and its time of modification.
    pub fn update(&mut self, module: &str, id: u64, given: Row) -> bool {
        let now = written(self.now().trunc_subsecs(0));
        let Some(table) = self.tables.get(module) else { return false };
        let Some(row) = table.get(id) else { return false };
        let (spec, mut row) = (Arc::clone(&table.spec), Row::clone(&row));
        row.insert("Modified_By".to_owned(), people::user(0));
        row.insert("Modified_Time".to_owned(), json!(now));
        self.merge(&spec, &mut row, given);
        if let Some(table) = self.tables.get_mut(module) {
            table.put(row);
        }
        true
    }

    pub fn delete(&mut self, module: &str, id: u64, is_permanent: bool) -> bool {
        let now = self.now();
        if is_permanent {
            self.photos.remove(&id);
        }
        self.tables.get_mut(module).is_some_and(|table| table.delete(id, now, is_permanent))
    }

    /// Takes a record out of the recycle bin. It is modified by that.
    pub fn bring_back_one(&mut self, module: &str, id: u64) -> bool {
        let now = written(self.now().trunc_subsecs(0));
        let Some(table) = self.tables.get_mut(module) else { return false };
        let Some(mut row) = table.bring_back(id) else { return false };
        row.insert("Modified_Time".to_owned(), json!(now));
        table.put(row);
        true
    }

    /// Stores a record as it is.
    pub fn put(&mut self, module: &str, row: Row) {
        if let Some(table) = self.tables.get_mut(module) {
            table.put(row);
        }
    }

    /// Adds a field with texts that no two records share.
    pub fn add_external_id(&mut self, module: &str, api_name: &str) {
        let (api_name, label) = (api_name.to_owned(), api_name.to_owned());
        let field =
            FieldSpec { api_name, label, kind: FieldKind::ExternalId, is_mandatory: false, is_custom: true, is_system: false };
        if let Some(table) = self.tables.get_mut(module) {
            table.add_field(field);
        }
    }

    fn merge(&mut self, spec: &ModuleSpec, row: &mut Row, given: Row) {
        for (name, value) in given.into_iter().filter(|(name, _)| name != "id") {
            let kind = spec.field(&name).map(|field| field.kind.clone());
            let value = match kind {
                Some(FieldKind::Lookup(module)) if !module.is_empty() => self.named(module, value),
                Some(FieldKind::Subform(rows)) => self.merged_rows(row, (&name, rows), value),
                Some(FieldKind::User) => people::named(value),
                Some(FieldKind::Tags) => tagged(value),
                Some(_) if value == "" => Value::Null,
                None if !name.starts_with('$') => continue,
                _ => value,
            };
            row.insert(name, value);
        }
        if row.contains_key("Full_Name") {
            row.insert("Full_Name".to_owned(), full_name(row));
        }
        if let Some(parent) = row.get("Parent_Id").filter(|parent| parent["module"].is_object()).cloned() {
            let module = parent["module"]["api_name"].as_str().unwrap_or_default().to_owned();
            row.insert("Parent_Id".to_owned(), parent_of(&module, self.named(&module, parent)));
            row.insert("$se_module".to_owned(), json!(module));
        }
    }

    /// Adds the record's name to a lookup; the value may be an id or an object with one.
    fn named(&self, module: &str, value: Value) -> Value {
        let id = value["id"].as_str().or(value.as_str()).map(str::to_owned);
        let Some(id) = id else { return value };
        let found = id.parse().ok().and_then(|id| self.tables.get(module).and_then(|table| Some((table, table.get(id)?))));
        match found {
            Some((table, row)) => json!({"id": id, "name": row.get(&table.spec.name_field)}),
            None => json!({"id": id, "name": value["name"]}),
        }
    }

    /// A subform's rows after a write: rows with an id change, those with `_delete` end, others are added.
    fn merged_rows(&mut self, parent: &Row, (field, module): (&str, &str), given: Value) -> Value {
        let now = written(self.now().trunc_subsecs(0));
        let mut rows: Vec<Value> = parent.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        for mut given in given.as_array().cloned().unwrap_or_default() {
            let at = rows.iter().position(|row| row["id"].is_string() && row["id"] == given["id"]);
            let Some(changes) = given.as_object_mut() else { continue };
            let spec = self.subforms.get(module).cloned();
            for field in spec.iter().flat_map(|spec| &spec.fields) {
                if let (FieldKind::Lookup(to), Some(value)) = (&field.kind, changes.get_mut(&field.api_name)) {
                    *value = if to.is_empty() { value.take() } else { self.named(to, value.take()) };
                }
            }
            changes.insert("Modified_Time".to_owned(), json!(now));
            match at {
                Some(at) if changes.contains_key("_delete") => drop(rows.remove(at)),
                Some(at) => rows[at].as_object_mut().into_iter().for_each(|row| row.append(changes)),
                None => {
                    changes.insert("id".to_owned(), json!(self.new_id().to_string()));
                    changes.insert("Created_Time".to_owned(), json!(now));
                    changes.insert("Parent_Id".to_owned(), json!({"id": parent.get("id"), "name": null}));
                    rows.push(given);
                }
            }
        }
        Value::Array(rows)
    }

    /// Contents of an attachment; `None` for a link, or if there is none.
    pub fn attachment_bytes(&self, id: u64) -> Option<Arc<Vec<u8>>> {
        if let Some(bytes) = self.uploads.get(&id) {
            return Some(Arc::clone(bytes));
        }
        let row = self.tables.get("Attachments")?.get(id)?;
        let size = row.get("Size")?.as_str()?.parse().ok()?;
        Some(Arc::new(words::content(id, size)))
    }

    /// Adds an attachment.
    pub fn attach(&mut self, (module, record): (&str, u64), name: &str, bytes: Vec<u8>) -> Option<u64> {
        let size = json!(bytes.len().to_string());
        let id = self.add_attachment(
            (module, record),
            json!({"File_Name": name, "Size": size, "$type": "Attachment", "$link_url": null}),
        )?;
        self.uploads.insert(id, Arc::new(bytes));
        Some(id)
    }

    /// Adds a link to a file elsewhere.
    pub fn attach_link(&mut self, parent: (&str, u64), name: &str, url: &str) -> Option<u64> {
        self.add_attachment(
            parent,
            json!({"File_Name": name, "Size": null, "$type": "Link URL", "$link_url": url, "$attachment_type": 1}),
        )
    }

    fn add_attachment(&mut self, (module, record): (&str, u64), mut row: Value) -> Option<u64> {
        self.tables.get(module)?.get(record)?;
        row["Parent_Id"] = json!({"id": record.to_string(), "module": {"api_name": module}});
        row["$file_id"] = json!(hex::encode(self.next_id.to_be_bytes()));
        row["$editable"] = json!(true);
        row["$state"] = json!("save");
        let Value::Object(row) = row else { return None };
        self.insert("Attachments", row)
    }

    /// The photo of a record.
    pub fn photo(&self, module: &str, id: u64) -> Option<Arc<Vec<u8>>> {
        let row = self.tables.get(module)?.get(id)?;
        row.get("Record_Image").filter(|image| image.is_string())?;
        Some(self.photos.get(&id).cloned().unwrap_or_else(|| Arc::new(words::picture(id))))
    }

    /// Sets the photo of a record; `None` removes it.
    pub fn set_photo(&mut self, module: &str, id: u64, bytes: Option<Vec<u8>>) -> bool {
        let has_field = self.tables.get(module).is_some_and(|table| table.spec.field("Record_Image").is_some());
        let name = bytes.as_ref().map(|bytes| hex::encode(crc32fast::hash(bytes).to_be_bytes()) + &hex::encode(id.to_be_bytes()));
        if !has_field || !self.update(module, id, Row::from_iter([("Record_Image".to_owned(), json!(name))])) {
            return false;
        }
        self.photos.remove(&id);
        self.photos.extend(bytes.map(|bytes| (id, Arc::new(bytes))));
        true
    }
}

/// Tags with all that records show of them.
fn tagged(value: Value) -> Value {
    let of = |given: &Value| given["name"].as_str().or(given.as_str()).map(tag);
    value.as_array().map_or(json!([]), |tags| Value::Array(tags.iter().filter_map(of).collect()))
}

/// Rows of a subform in a record.
fn rows_in(parent: &Row, field: &str) -> Vec<Row> {
    let rows = parent.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let rows = rows.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None });
    rows.filter(|row| id_in(row) > 0).collect()
}

/// The value of a field that nobody set.
fn empty(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Boolean => json!(false),
        FieldKind::Tags | FieldKind::Subform(_) => json!([]),
        _ => Value::Null,
    }
}
