//! Conditions on records: those of queries and of bulk jobs.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::rows::Row;
use crate::table::Table;

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Field {
        name: String,
        comparator: Comparator,
        values: Vec<Value>,
    },
    /// When a record was last changed, which is known without making the record.
    Modified {
        comparator: Comparator,
        times: Vec<DateTime<Utc>>,
    },
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
    /// Compares a field with values.
    pub fn of(name: String, comparator: Comparator, values: Vec<Value>) -> Self {
        let time = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.with_timezone(&Utc));
        let times: Option<Vec<DateTime<Utc>>> = values.iter().map(time).collect();
        match times.filter(|times| name == "Modified_Time" && !times.is_empty()) {
            Some(times) => Self::Modified { comparator, times },
            None => Self::Field { name, comparator, values },
        }
    }

    /// Fields that it names.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::fields).collect(),
            Self::Field { name, .. } => vec![name],
            Self::Modified { .. } => Vec::new(),
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
            Self::Modified { comparator, times } => table.modified(id).is_some_and(|found| comparator.holds_at(found, times)),
            Self::Field { name, comparator, values } => {
                let value = match name.as_str() {
                    "id" => Value::from(id.to_string()),
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
    fn holds_at(self, found: DateTime<Utc>, wanted: &[DateTime<Utc>]) -> bool {
        let [first, rest @ ..] = wanted else { return false };
        match self {
            Self::Equal => found == *first,
            Self::NotEqual => found != *first,
            Self::Less => found < *first,
            Self::LessEqual => found <= *first,
            Self::Greater => found > *first,
            Self::GreaterEqual => found >= *first,
            Self::In => wanted.contains(&found),
            Self::NotIn => !wanted.contains(&found),
            Self::Between => found >= *first && rest.first().is_some_and(|last| found <= *last),
            Self::NotNull => true,
            Self::Null | Self::Like | Self::NotLike => false,
        }
    }

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
