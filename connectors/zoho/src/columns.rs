//! Fields of a module as columns of its rows, and their cells. A value has the same cell however it was read, so that a repeated backup
//! sees no change where there is none.

use hozon_shared::domain::crm::{DataCategory, Field};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A record as the API shows it.
pub(crate) type Record = Map<String, Value>;

/// Cells of a row.
pub(crate) type Cells = Vec<Option<String>>;

/// A field that the API gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub api_name: String,
    pub label: String,
    pub data_type: String,
    pub kind: ColumnKind,
}

/// How a field's value becomes cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColumnKind {
    Text,
    /// Numbers that may have a fraction, which the API writes in different ways.
    Number,
    /// A formatted text, which lists cut off.
    RichText,
    /// Name and id of a user.
    User,
    /// Name and id of a record of that module.
    Lookup(String),
    /// Name, id and module of a record.
    AnyLookup,
    /// Id of the record to which a row of a subform belongs.
    Parent,
    /// Several values out of those, or of any if there are none: a JSON array of texts.
    Several(Vec<String>),
    /// Names of tags: a JSON array of texts.
    Tags,
    /// JSON as the API gives it.
    Json,
    /// Files: JSON as the API gives it, and attachments.
    Files,
    /// The record's photo: a name that changes with it, and an attachment.
    Photo,
    /// Rows of that module: a JSON array of objects, which only the record itself shows.
    Subform(String),
}

impl ColumnKind {
    /// Finds the kind of a field in its description.
    pub(crate) fn of(field: &Value) -> Self {
        let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
        let module_in = |name: &str| field.pointer(name).and_then(Value::as_str).filter(|module| !module.is_empty());
        match (text("data_type"), text("json_type")) {
            ("ownerlookup" | "userlookup" | "owner_lookup", _) => Self::User,
            ("lookup" | "multi_module_lookup" | "parentlookup", "jsonobject") => match module_in("/lookup/module/api_name") {
                Some(module) if module != "se_module" => Self::Lookup(module.to_owned()),
                _ => Self::AnyLookup,
            },
            ("subform", _) => Self::Subform(module_in("/subform/module").unwrap_or(text("api_name")).to_owned()),
            ("fileupload" | "imageupload", _) => Self::Files,
            ("profileimage", _) => Self::Photo,
            ("multiselectpicklist", _) => Self::Several(values(field)),
            _ if text("api_name") == "Tag" => Self::Tags,
            (_, "jsonobject" | "jsonarray") => Self::Json,
            ("textarea", _) if module_in("/textarea/type") == Some("rich_text") => Self::RichText,
            ("double" | "currency" | "percent" | "integer" | "rollup_summary", _) | (_, "double" | "integer") => Self::Number,
            _ => Self::Text,
        }
    }

    /// Whether queries, Bulk Read and lists give the same value.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Text | Self::Number)
    }

    /// Whether only the record API gives the whole value.
    pub(crate) fn is_rich(&self) -> bool {
        matches!(self, Self::AnyLookup | Self::Json | Self::Files)
    }
}

fn values(field: &Value) -> Vec<String> {
    let list = field.get("pick_list_values").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|value| value.get("actual_value").and_then(Value::as_str)).map(str::to_owned).collect()
}

impl Column {
    /// Fields of the module that the column becomes.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let named = |end: &str, data_type: &str| Field {
            api_name: format!("{}{end}", self.api_name),
            label: format!("{}{end}", self.label),
            data_type: data_type.to_owned(),
            contents: DataCategory::Crm,
        };
        let (name, id) = (named("", &self.data_type), named(".id", "bigint"));
        match self.kind {
            ColumnKind::User | ColumnKind::Lookup(_) => vec![name, id],
            ColumnKind::AnyLookup => vec![name, id, named(".module", "text")],
            _ => vec![name],
        }
    }

    /// Number of cells.
    pub(crate) fn width(&self) -> usize {
        match self.kind {
            ColumnKind::User | ColumnKind::Lookup(_) => 2,
            ColumnKind::AnyLookup => 3,
            _ => 1,
        }
    }

    /// Appends the cells of the column's value in a record.
    pub(crate) fn push(&self, record: &Record, cells: &mut Cells) {
        let value = record.get(&self.api_name).unwrap_or(&Value::Null);
        let part = |name: &str| value.get(name).and_then(text_of);
        match &self.kind {
            ColumnKind::User | ColumnKind::Lookup(_) => cells.extend([part("name"), part("id")]),
            ColumnKind::AnyLookup => cells.extend([part("name"), part("id"), module_of(value, record)]),
            ColumnKind::Parent => cells.push(part("id")),
            ColumnKind::Tags => cells.push(json_of(&names_of(value))),
            ColumnKind::Number => cells.push(number_of(value)),
            ColumnKind::Subform(_) => cells.push(None),
            _ => cells.push(text_of(value)),
        }
    }
}

/// The module of a record that a lookup leads to.
fn module_of(value: &Value, record: &Record) -> Option<String> {
    value.get("id")?;
    let named = value.pointer("/module/api_name").or_else(|| record.get("$se_module"));
    named.and_then(Value::as_str).map(str::to_owned)
}

/// Names of tags, which are objects.
fn names_of(tags: &Value) -> Value {
    let name = |tag: &Value| tag.get("name").unwrap_or(tag).clone();
    tags.as_array().map_or(Value::Null, |tags| Value::Array(tags.iter().map(name).collect()))
}

/// The cell of any value. What is empty is NULL: the API does not tell the two apart.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(_) | Value::Object(_) => json_of(value),
        other => Some(other.to_string()),
    }
}

/// The cell of an array or object.
pub(crate) fn json_of(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) if list.is_empty() => None,
        Value::Object(map) if map.is_empty() => None,
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

fn number_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(plain_number(&number.to_string())),
        Value::String(text) => Some(plain_number(text)).filter(|text| !text.is_empty()),
        other => text_of(other),
    }
}

/// Writes a number without the fraction `.0`, as all ways of reading do not give it alike.
pub(crate) fn plain_number(text: &str) -> String {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    match text.split_once('.') {
        Some((whole, fraction)) if is_number => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
        }
        _ => text.to_owned(),
    }
}

/// Splits values that Bulk Read has joined by `;`. Some of the known values hold one themselves.
pub(crate) fn split_values(joined: &str, known: &[String]) -> Value {
    let pieces: Vec<&str> = joined.split(';').collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < pieces.len() {
        let longest = (at + 1..=pieces.len()).rev().find(|end| known.iter().any(|value| *value == pieces[at..*end].join(";")));
        let end = longest.unwrap_or(at + 1);
        found.push(Value::from(pieces[at..end].join(";")));
        at = end;
    }
    Value::Array(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cells(field: Value, value: Value) -> Cells {
        let column = Column {
            api_name: "X".to_owned(),
            label: "Label".to_owned(),
            data_type: String::new(),
            kind: ColumnKind::of(&field),
        };
        let Value::Object(record) = json!({ "X": value, "$se_module": "Leads" }) else { unreachable!("an object") };
        let mut cells = Vec::new();
        column.push(&record, &mut cells);
        assert_eq!((cells.len(), column.width()), (column.fields().len(), cells.len()));
        cells
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn values_become_cells_by_the_type_of_their_field() {
        let lookup = json!({"data_type": "lookup", "json_type": "jsonobject", "lookup": {"module": {"api_name": "Accounts"}}});
        assert_eq!(cells(lookup.clone(), json!({"id": "5", "name": "Acme"})), [some("Acme"), some("5")]);
        assert_eq!(cells(lookup, Value::Null), [None, None]);
        let any = json!({"data_type": "lookup", "json_type": "jsonobject", "lookup": {}});
        assert_eq!(cells(any, json!({"id": "5", "name": "Acme"})), [some("Acme"), some("5"), some("Leads")]);
        let several = json!({"data_type": "multiselectpicklist", "json_type": "jsonarray"});
        assert_eq!(cells(several.clone(), json!(["a;b", "c"])), [some(r#"["a;b","c"]"#)]);
        assert_eq!(cells(several, json!([])), [None]);
        let tags = json!({"api_name": "Tag", "data_type": "text", "json_type": "jsonarray"});
        assert_eq!(cells(tags, json!([{"name": "VIP", "id": "1", "color_code": "#658BA8"}])), [some(r#"["VIP"]"#)]);
        assert_eq!(cells(json!({"data_type": "currency"}), json!(25000.0)), [some("25000")]);
        assert_eq!(cells(json!({"data_type": "double"}), json!(0.25)), [some("0.25")]);
        assert_eq!(cells(json!({"data_type": "text"}), json!("007.0")), [some("007.0")]);
        assert_eq!(cells(json!({"data_type": "boolean"}), json!(false)), [some("false")]);
    }

    #[test]
    fn joined_values_are_split_by_those_that_are_known() {
        let known: Vec<String> = ["Fire;Safety", "Fire", "Water"].map(str::to_owned).to_vec();
        assert_eq!(split_values("Fire;Safety;Water", &known), json!(["Fire;Safety", "Water"]));
        assert_eq!(split_values("Fire;Water", &known), json!(["Fire", "Water"]));
        assert_eq!(split_values("new;Water", &known), json!(["new", "Water"]));
    }
}
