//! Values of JSON answers.

use serde_json::Value;

/// Takes a value out of an answer; an empty answer has none.
pub(crate) fn take(mut body: Value, key: &str) -> Value {
    body.get_mut(key).map(Value::take).unwrap_or_default()
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
