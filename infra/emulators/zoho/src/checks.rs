//! Whether records that are written may be as they are.

use serde_json::{Value, json};

use crate::organisation::Organisation;
use crate::people;
use crate::rows::Row;
use crate::schema::{FieldKind, FieldSpec, ModuleSpec};

/// Why a record is not written.
pub struct Unfit {
    code: &'static str,
    message: &'static str,
    field: String,
    more: Value,
}

impl Unfit {
    fn new(code: &'static str, message: &'static str, field: &FieldSpec) -> Self {
        Self { code, message, field: field.api_name.clone(), more: json!({}) }
    }

    /// The answer about the record at a position.
    pub fn answer(self, at: usize) -> Value {
        let mut details = json!({"api_name": self.field, "json_path": format!("$.data[{at}].{}", self.field)});
        if let (Some(details), Value::Object(mut more)) = (details.as_object_mut(), self.more) {
            details.append(&mut more);
        }
        json!({"code": self.code, "details": details, "message": self.message, "status": "error"})
    }
}

impl Organisation {
    /// Checks a record that is written. Fields that nobody may write are left out of it. `id` is that of a record that is changed.
    pub fn checked(&self, module: &str, given: Row, id: Option<u64>) -> Result<Row, Unfit> {
        let Some(spec) = self.spec(module) else { return Ok(given) };
        let is_read_only =
            |name: &String| spec.field(name).is_some_and(|field| field.is_system || field.kind == FieldKind::AutoNumber);
        let row: Row = given.into_iter().filter(|(name, _)| !is_read_only(name)).collect();
        for field in &spec.fields {
            match row.get(&field.api_name) {
                None if id.is_some() || !field.is_mandatory => {}
                None => return Err(missing(field)),
                Some(value) if is_empty(value) && field.is_mandatory => return Err(missing(field)),
                Some(Value::Null) => {}
                Some(value) => self.fits(&spec, field, value, id)?,
            }
        }
        Ok(row)
    }

    fn fits(&self, spec: &ModuleSpec, field: &FieldSpec, value: &Value, id: Option<u64>) -> Result<(), Unfit> {
        let invalid = || Unfit::new("INVALID_DATA", "invalid data", field);
        if !has_type(&field.kind, value) {
            return Err(Unfit { more: json!({"expected_data_type": field.kind.types().1}), ..invalid() });
        }
        let is_text = !matches!(field.kind, FieldKind::Date | FieldKind::DateTime | FieldKind::BigInteger);
        let length = value.as_str().filter(|_| is_text).map_or(0, |text| text.chars().count());
        if length > field.kind.length() as usize {
            return Err(Unfit { more: json!({"maximum_length": field.kind.length()}), ..invalid() });
        }
        let is_known = match &field.kind {
            FieldKind::User => people::is_active(referred(value)),
            FieldKind::Lookup(module) => {
                let module = if module.is_empty() { value["module"]["api_name"].as_str().unwrap_or_default() } else { module };
                let is_open = module.is_empty() || field.api_name.starts_with('$');
                is_open || referred(value).parse().is_ok_and(|id| self.table(module).is_some_and(|table| table.contains(id)))
            }
            FieldKind::ExternalId => {
                let table = self.table(&spec.api_name);
                let other = table
                    .and_then(|table| table.ids(0).find(|found| has(&table.get(*found), field, value) && Some(*found) != id));
                return other.map_or(Ok(()), |other| {
                    let more = json!({"id": other.to_string()});
                    Err(Unfit { more, ..Unfit::new("DUPLICATE_DATA", "duplicate data", field) })
                });
            }
            _ => true,
        };
        if is_known { Ok(()) } else { Err(invalid()) }
    }
}

fn missing(field: &FieldSpec) -> Unfit {
    Unfit::new("MANDATORY_NOT_FOUND", "required field not found", field)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// The id in a lookup, which is an object with one or the id itself.
fn referred(value: &Value) -> &str {
    value["id"].as_str().or(value.as_str()).unwrap_or_default()
}

fn has(row: &Option<std::sync::Arc<Row>>, field: &FieldSpec, value: &Value) -> bool {
    row.as_ref().and_then(|row| row.get(&field.api_name)) == Some(value)
}

fn has_type(kind: &FieldKind, value: &Value) -> bool {
    match kind {
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Integer => value.is_i64(),
        FieldKind::Double | FieldKind::Currency => value.is_number(),
        FieldKind::MultiPickList(_) | FieldKind::Tags | FieldKind::Subform(_) | FieldKind::Files | FieldKind::Images => {
            value.is_array()
        }
        FieldKind::Lookup(_) | FieldKind::User => value.is_object() || value.is_string(),
        FieldKind::BigInteger => value.is_string() || value.is_u64(),
        _ => value.is_string(),
    }
}
