//! Conditions on records: those of queries and of bulk jobs.

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::Value;

use crate::rows::Row;
use crate::table::Table;

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Field { name: String, comparator: Comparator, values: Vec<Value> },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Between,
    Null,
    NotNull,
    Like,
    NotLike,
}

impl Condition {
    /// Fields that it names.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::fields).collect(),
            Self::Field { name, .. } => vec![name],
        }
    }

    /// The largest id that cannot meet it, so that a search starts behind it.
    pub fn after_id(&self) -> u64 {
        match self {
            Self::All(inner) => inner.iter().map(Self::after_id).max().unwrap_or(0),
            Self::Field { name, comparator: Comparator::Greater, values } if name == "id" => {
                values.first().and_then(number).unwrap_or(0)
            }
            Self::Field { name, comparator: Comparator::GreaterEqual, values } if name == "id" => {
                values.first().and_then(number).unwrap_or(0).saturating_sub(1)
            }
            _ => 0,
        }
    }

    /// Whether a record meets it. The record is made only if its id and its times do not decide.
    pub fn holds(&self, table: &Table, id: u64) -> bool {
        match self {
            Self::All(inner) => inner.iter().all(|inner| inner.holds(table, id)),
            Self::Any(inner) => inner.iter().any(|inner| inner.holds(table, id)),
            Self::Field { name, comparator, values } => {
                let value = match name.as_str() {
                    "id" => Value::from(id.to_string()),
                    "Modified_Time" => table.modified(id).map_or(Value::Null, |time| Value::from(time.to_rfc3339())),
                    _ => table.part(id, std::slice::from_ref(name)).map_or(Value::Null, |row| field_of(&row, name)),
                };
                comparator.holds(&value, values)
            }
        }
    }
}

/// A field's value for comparing: the id of a lookup.
fn field_of(row: &Row, name: &str) -> Value {
    let (name, inner) = name.split_once('.').unwrap_or((name, "id"));
    let value = row.get(name).cloned().unwrap_or_default();
    if value.is_object() { value[inner].clone() } else { value }
}

impl Comparator {
    fn holds(self, found: &Value, wanted: &[Value]) -> bool {
        let first = wanted.first().unwrap_or(&Value::Null);
        let ordered = |is: fn(Ordering) -> bool, wanted: &Value| compared(found, wanted).is_some_and(is);
        match self {
            Self::Equal => ordered(Ordering::is_eq, first),
            Self::NotEqual => !ordered(Ordering::is_eq, first),
            Self::Less => ordered(Ordering::is_lt, first),
            Self::LessEqual => ordered(Ordering::is_le, first),
            Self::Greater => ordered(Ordering::is_gt, first),
            Self::GreaterEqual => ordered(Ordering::is_ge, first),
            Self::In => wanted.iter().any(|wanted| ordered(Ordering::is_eq, wanted)),
            Self::NotIn => !wanted.iter().any(|wanted| ordered(Ordering::is_eq, wanted)),
            Self::Between => ordered(Ordering::is_ge, first) && wanted.get(1).is_some_and(|last| ordered(Ordering::is_le, last)),
            Self::Null => found.is_null(),
            Self::NotNull => !found.is_null(),
            Self::Like => is_like(found, first),
            Self::NotLike => !is_like(found, first),
        }
    }
}

fn is_like(found: &Value, wanted: &Value) -> bool {
    let (Some(found), Some(wanted)) = (found.as_str(), wanted.as_str()) else { return false };
    let (found, bare) = (found.to_lowercase(), wanted.trim_matches('%').to_lowercase());
    match (wanted.starts_with('%'), wanted.ends_with('%')) {
        (true, true) => found.contains(&bare),
        (true, false) => found.ends_with(&bare),
        (false, true) => found.starts_with(&bare),
        (false, false) => found == bare,
    }
}

/// Compares as the field's type asks; `None` if the values cannot be compared.
fn compared(found: &Value, wanted: &Value) -> Option<Ordering> {
    if let (Some(found), Some(wanted)) = (number(found), number(wanted)) {
        return Some(found.cmp(&wanted));
    }
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted)) => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
        (Value::Bool(found), Value::Bool(wanted)) => Some(found.cmp(wanted)),
        (Value::String(found), Value::String(wanted)) => {
            match (DateTime::parse_from_rfc3339(found), DateTime::parse_from_rfc3339(wanted)) {
                (Ok(found), Ok(wanted)) => Some(found.cmp(&wanted)),
                _ => Some(found.cmp(wanted)),
            }
        }
        _ => None,
    }
}

/// A whole number, which may be written as text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
