//! Everything that an organisation has, and comparisons of two of its states.

use std::collections::{BTreeMap, BTreeSet};

use hozon_emulator_zoho::State;
use serde_json::{Map, Value, json};

use super::damaged::RecordAt;

/// Fields that Zoho sets itself.
const OWN: [&str; 7] =
    ["Created_Time", "Modified_Time", "Created_By", "Modified_By", "Quote_Number", "Inspection_Number", "Record_Image"];
/// Users who cannot own records any more, by their names.
const FORMER: [&str; 2] = ["さくら 鈴木", "Former Colleague"];

/// A file: its module, record, and name.
type FileAt = (String, String, String);

/// Everything that an organisation has.
#[derive(Default)]
pub struct Known {
    pub records: BTreeMap<RecordAt, Value>,
    /// Contents of all files of that name, in order.
    files: BTreeMap<FileAt, BTreeSet<Vec<u8>>>,
}

/// Reads it.
pub fn known(state: &State) -> Known {
    let mut known = Known::default();
    for module in state.modules() {
        state.each(&module, |record| {
            let id = record["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            known.records.insert((module.clone(), id), record.clone());
        });
        for record in state.photos(&module) {
            let photo = state.photo(&module, record).expect("a photo");
            known.files.entry((module.clone(), record.to_string(), "photo".to_owned())).or_default().insert(photo);
        }
    }
    for attachment in state.attachments() {
        let at = (attachment.module, attachment.record.to_string(), attachment.name);
        let bytes = state.attachment_bytes(attachment.id);
        known.files.entry(at).or_default().insert(bytes.unwrap_or_else(|| attachment.link_url.expect("a link").into_bytes()));
    }
    known
}

type NewIds = BTreeMap<String, String>;

/// Asserts that everything is as before, with new ids. Records in `left` were left as they are.
pub fn assert_same(then: &Known, now: &Known, ids: &NewIds, left: &[RecordAt]) {
    let new_id = |id: &str| ids.get(id).map_or(id, String::as_str).to_owned();
    for ((module, id), record) in &then.records {
        if left.contains(&(module.clone(), *id)) {
            continue;
        }
        let at = (module.clone(), new_id(&id.to_string()).parse().expect("an id"));
        let found = now.records.get(&at).unwrap_or_else(|| panic!("{module} {id} is not there as {}", at.1));
        let is_new = at.1 != *id;
        let (expected, found) = (plain(record, ids, is_new), plain(found, &NewIds::new(), is_new));
        for (name, value) in &expected {
            assert_eq!(found.get(name), Some(value), "{module} {id} (now {}) {name}", at.1);
        }
    }
    let files = |known: &Known, ids: &NewIds| -> BTreeMap<FileAt, usize> {
        let new_id = |id: &String| ids.get(id).unwrap_or(id).clone();
        let of = |((module, record, name), contents): (&FileAt, &BTreeSet<Vec<u8>>)| {
            ((module.clone(), new_id(record), name.clone()), contents.len())
        };
        known.files.iter().map(of).collect()
    };
    for ((module, record, name), count) in files(then, ids) {
        let at = (module.clone(), record.clone(), name.clone());
        let found = now.files.get(&at).unwrap_or_else(|| panic!("file {name} of {module} {record} is not there"));
        assert_eq!(found.len(), count, "file {name} of {module} {record}");
    }
    for ((module, record, name), contents) in &then.files {
        let at = (module.clone(), new_id(record), name.clone());
        assert!(now.files[&at] == *contents, "file {name} of {module} {record} differs");
    }
}

/// A record without what Zoho sets itself, and without names of what lookups lead to. A record that was created again has no user who cannot
/// own it.
fn plain(record: &Value, ids: &NewIds, is_new: bool) -> Map<String, Value> {
    let fields = record.as_object().expect("an object").iter();
    let is_own = |name: &str| name == "id" || name.starts_with('$') || OWN.contains(&name);
    let is_former = |value: &Value| value["name"].as_str().is_some_and(|name| FORMER.contains(&name));
    let is_user = |name: &str| matches!(name, "Owner" | "Inspector");
    // Files in fields of records that were created again are said to be missing.
    let is_left = |name: &str, value: &Value| is_new && (is_user(name) || is_former(value) || is_files(name));
    let counted = fields.filter(|(name, value)| !is_own(name) && !is_left(name, value));
    counted.map(|(name, value)| (name.clone(), plain_value(value, ids))).collect()
}

fn is_files(name: &str) -> bool {
    matches!(name, "Contracts" | "Report_Files" | "Pictures")
}

fn plain_value(value: &Value, ids: &NewIds) -> Value {
    match value {
        // The API does not tell the two apart.
        Value::Array(list) if list.is_empty() => Value::Null,
        Value::Object(lookup) if lookup.contains_key("id") && lookup.contains_key("name") => {
            let id = lookup["id"].as_str().unwrap_or_default();
            json!(ids.get(id).map_or(id, String::as_str))
        }
        Value::Object(row) => Value::Object(
            row.iter()
                .filter(|(name, _)| !OWN.contains(&name.as_str()) && *name != "id" && *name != "Parent_Id")
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), plain_value(value, ids)))
                .collect(),
        ),
        Value::Array(list) => {
            let is_row = |value: &&Value| value.get("Parent_Id").is_some();
            let mut list: Vec<Value> = list
                .iter()
                .map(|value| match value {
                    Value::Object(row) if is_row(&value) => {
                        let row: Map<String, Value> = row
                            .iter()
                            .filter(|(name, _)| *name != "id")
                            .map(|(name, value)| (name.clone(), value.clone()))
                            .collect();
                        plain_value(&Value::Object(row), ids)
                    }
                    other => plain_value(other, ids),
                })
                .collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

/// Asserts that everything is as it was before the restore. A record that was changed meanwhile has stayed so.
pub fn undone(before: &Known, now: &Known, changed: &RecordAt) {
    let ids = |known: &Known| known.records.keys().cloned().collect::<BTreeSet<_>>();
    let (expected, found) = (ids(before), ids(now));
    let differing: Vec<_> = expected.symmetric_difference(&found).collect();
    assert!(differing.is_empty(), "{differing:?}");
    for (at, record) in before.records.iter().filter(|(at, _)| *at != changed) {
        let (expected, found) = (plain(record, &NewIds::new(), false), plain(&now.records[at], &NewIds::new(), false));
        assert_eq!(found, expected, "{at:?}");
    }
}
