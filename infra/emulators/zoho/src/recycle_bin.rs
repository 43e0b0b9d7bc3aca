//! The recycle bin: what is in it, bringing records back, and deleting them for good.

use serde_json::{Value, json};

use crate::asked::{Asked, Replied, Reply};
use crate::organisation::Organisation;
use crate::people;
use crate::refusal::Refusal;
use crate::rows::{Row, written};
use crate::schema::{FieldKind, FieldSpec};

/// Records of one call.
const RECORDS: usize = 200;
/// Modules whose records belong to others, and go and come back with them.
const CHILDREN: [&str; 2] = ["Notes", "Attachments"];

impl Organisation {
    /// `GET /settings/recycle_bin`
    pub fn recycle_bin(&mut self, asked: &Asked) -> Replied {
        let (page, size) = (asked.number("page", 1, usize::MAX)?, asked.number("per_page", RECORDS, RECORDS)?);
        let mut found: Vec<Value> = Vec::new();
        for spec in self.specs() {
            let Some(table) = self.table(&spec.api_name) else { continue };
            let binned = table.deleted().into_iter().filter(|(_, gone)| !gone.is_permanent);
            found.extend(binned.map(|(id, gone)| {
                json!({
                    "id": id.to_string(), "display_name": gone.name, "module": {"api_name": spec.api_name}, "deleted_by": people::user(0),
                    "owner": gone.created_by, "deleted_time": written(gone.at),
                })
            }));
        }
        let more = found.len() > page.saturating_mul(size);
        let found: Vec<Value> = found.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        if found.is_empty() {
            return Ok(Reply::Empty);
        }
        let info = json!({"per_page": size, "count": found.len(), "page": page, "more_records": more});
        Ok(Reply::Json(json!({"recycle_bin": found, "info": info})))
    }

    /// `POST /settings/recycle_bin/actions/restore`
    pub fn bring_back(&mut self, asked: &Asked) -> Replied {
        let body = asked.json()?;
        let missing = || Refusal::new(400, "EXPECTED_FIELD_MISSING", "ids is missing", json!({"api_name": "ids"}));
        let ids = body["ids"].as_array().filter(|ids| !ids.is_empty()).ok_or_else(missing)?;
        if ids.len() > RECORDS {
            return Err(Refusal::invalid("too many ids", json!({"api_name": "ids", "maximum_length": RECORDS})));
        }
        let ids: Vec<String> = ids.iter().map(|id| id.as_str().unwrap_or_default().to_owned()).collect();
        let answers = ids.iter().map(|id| answer(id, self.brought_back(id), "record restored")).collect();
        of_all(answers)
    }

    /// `DELETE /settings/recycle_bin?ids=`
    pub fn purge_records(&mut self, asked: &Asked) -> Replied {
        let ids = asked.names("ids");
        if ids.is_empty() || ids.len() > RECORDS {
            return Err(Refusal::missing("ids"));
        }
        let answers = ids.iter().map(|id| answer(id, self.purged(id), "record deleted")).collect();
        of_all(answers)
    }

    /// Moves a record to the recycle bin, with its notes and attachments.
    pub fn delete_with_children(&mut self, module: &str, id: u64) -> bool {
        let parent = json!(id.to_string());
        for children in CHILDREN.iter().filter(|children| **children != module) {
            let only = ["Parent_Id".to_owned()];
            let Some(table) = self.table(children) else { continue };
            let is_child = |child: &u64| {
                table.part(*child, &only).is_some_and(|row| row.get("Parent_Id").is_some_and(|of| of["id"] == parent))
            };
            let found: Vec<u64> = table.ids(0).filter(is_child).collect();
            for child in found {
                self.delete(children, child, false);
                self.bin_with.entry(id).or_default().push(((*children).to_owned(), child));
            }
        }
        self.delete(module, id, false)
    }

    fn module_of_binned(&self, id: u64) -> Option<String> {
        let is_there = |module: &String| self.table(module).is_some_and(|table| table.is_in_bin(id));
        self.specs().iter().map(|spec| spec.api_name.clone()).find(is_there)
    }

    fn brought_back(&mut self, id: &str) -> bool {
        let Some((id, module)) = id.parse().ok().and_then(|id| Some((id, self.module_of_binned(id)?))) else { return false };
        for (children, child) in self.bin_with.remove(&id).unwrap_or_default() {
            self.bring_back_one(&children, child);
        }
        self.bring_back_one(&module, id)
    }

    /// Deletes a record for good, with what went into the recycle bin with it. Lookups to it become empty.
    fn purged(&mut self, id: &str) -> bool {
        let Some((id, module)) = id.parse().ok().and_then(|id| Some((id, self.module_of_binned(id)?))) else { return false };
        for (children, child) in self.bin_with.remove(&id).unwrap_or_default() {
            self.delete(&children, child, true);
        }
        self.empty_lookups(&module, id);
        self.delete(&module, id, true)
    }

    fn empty_lookups(&mut self, module: &str, id: u64) {
        let id = json!(id.to_string());
        for spec in self.specs() {
            let is_lookup = |kind: &FieldKind| matches!(kind, FieldKind::Lookup(to) if *to == module);
            let fields: Vec<String> =
                spec.fields.iter().filter(|field| is_lookup(&field.kind)).map(|field| field.api_name.clone()).collect();
            let Some(table) = self.table(&spec.api_name).filter(|_| !fields.is_empty() && spec.parent.is_none()) else {
                continue;
            };
            let leads = |row: &Row, name: &String| row.get(name).is_some_and(|value| value["id"] == id);
            let has_lookup = |row: &u64| table.part(*row, &fields).is_some_and(|row| fields.iter().any(|name| leads(&row, name)));
            let emptied = |row: u64| {
                let mut row = Row::clone(&*table.get(row)?);
                for name in &fields {
                    if leads(&row, name) {
                        row.insert(name.clone(), Value::Null);
                    }
                }
                Some(row)
            };
            let rows: Vec<Row> = table.ids(0).filter(has_lookup).filter_map(emptied).collect();
            rows.into_iter().for_each(|row| self.put(&spec.api_name, row));
        }
        self.empty_lookups_of_rows(module, &id);
    }

    /// Empties lookups in rows of subforms.
    fn empty_lookups_of_rows(&mut self, module: &str, id: &Value) {
        for spec in self.specs() {
            for (field, rows) in spec.subforms() {
                let Some(of_rows) = self.spec(rows) else { continue };
                let is_lookup = |field: &&FieldSpec| matches!(field.kind, FieldKind::Lookup(to) if to == module);
                let lookups: Vec<&str> = of_rows.fields.iter().filter(is_lookup).map(|field| field.api_name.as_str()).collect();
                let Some(table) = self.table(&spec.api_name).filter(|_| !lookups.is_empty()) else { continue };
                let emptied = |parent: u64| {
                    let mut record = Row::clone(&*table.get(parent)?);
                    let mut is_changed = false;
                    for row in record.get_mut(field)?.as_array_mut()? {
                        for name in lookups.iter().filter(|name| row[**name]["id"] == *id).collect::<Vec<_>>() {
                            row[*name] = Value::Null;
                            is_changed = true;
                        }
                    }
                    is_changed.then_some(record)
                };
                let records: Vec<Row> = table.ids(0).filter_map(emptied).collect();
                records.into_iter().for_each(|record| self.put(&spec.api_name, record));
            }
        }
    }
}

fn answer(id: &str, is_done: bool, message: &str) -> Value {
    if is_done {
        json!({"code": "SUCCESS", "details": {"id": id}, "message": message, "status": "success"})
    } else {
        json!({"code": "INVALID_DATA", "details": {"id": id}, "message": "the id given seems to be invalid", "status": "error"})
    }
}

/// The status says whether all were done.
fn of_all(answers: Vec<Value>) -> Replied {
    let done = answers.iter().filter(|answer| answer["status"] == "success").count();
    let (count, body) = (answers.len(), json!({"recycle_bin": answers}));
    Ok(match done {
        0 => Reply::Status(400, body),
        done if done < count => Reply::Status(207, body),
        _ => Reply::Json(body),
    })
}
