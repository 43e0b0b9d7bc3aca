//! CSV as Bulk Read writes it: API names as headers, lookups by their id, several values with semicolons.

use std::fmt::Write;

use serde_json::Value;

use crate::modules;
use crate::schema::FieldKind;
use crate::table::Table;

/// Writes rows with a header. Every `omitted`th row is left out.
pub fn rows(table: &Table, ids: &[u64], fields: &[String], omitted: Option<u64>) -> Vec<u8> {
    let fields: Vec<String> = fields.iter().filter(|name| *name != "id").cloned().collect();
    let names: Vec<&String> = fields.iter().filter(|field| is_name(table, field)).collect();
    let mut text = format!("Id,{}\n", fields.join(","));
    for (id, number) in ids.iter().zip(1_u64..) {
        let Some(row) = table.part(*id, &fields) else { continue };
        if omitted.is_some_and(|every| number.is_multiple_of(every.max(1))) {
            continue;
        }
        write!(text, "{id}").expect("a text takes everything");
        for field in &fields {
            text.push(',');
            let (name, inner) = field.split_once('.').unwrap_or((field, "id"));
            let inner = if names.contains(&field) { "name" } else { inner };
            push_cell(&mut text, row.get(name).unwrap_or(&Value::Null), inner);
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// Whether a column such as `Account_Name.Account_Name` is the name of the record that a lookup leads to.
fn is_name(table: &Table, column: &str) -> bool {
    let Some((name, inner)) = column.split_once('.') else { return false };
    let Some(FieldKind::Lookup(module)) = table.spec.field(name).map(|field| &field.kind) else { return false };
    modules::modules().iter().any(|spec| spec.api_name == *module && spec.name_field == inner)
}

fn push_cell(text: &mut String, value: &Value, inner: &str) {
    match value {
        Value::Null => {}
        Value::String(value) => push_quoted(text, value),
        Value::Array(values) => push_quoted(text, &values.iter().map(one_of_several).collect::<Vec<_>>().join(";")),
        Value::Object(object) => push_quoted(text, object.get(inner).and_then(Value::as_str).unwrap_or_default()),
        other => write!(text, "{other}").expect("a text takes everything"),
    }
}

/// A value among several: a tag's name, a file's id.
fn one_of_several(value: &Value) -> String {
    let of_object = value["name"].as_str().or(value["id"].as_str());
    value.as_str().or(of_object).unwrap_or_default().to_owned()
}

fn push_quoted(text: &mut String, value: &str) {
    if value.contains([',', '"', '\n', '\r']) || value.starts_with(' ') || value.ends_with(' ') {
        text.push('"');
        text.push_str(&value.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(value);
    }
}
