//! Templates and reference paths: `$.a.b`, `$$.Map.Item.Value`, `$$.Execution.Name`, and objects with keys that end in
//! `.$`.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// Values that a template may refer to.
pub struct Scope<'a> {
    /// `$`
    pub input: &'a Value,
    /// `$$.Map.Item.Value`, only inside a map.
    pub item: Option<&'a Value>,
    /// `$$.Execution.Name`
    pub execution: Option<&'a Value>,
}

/// Fills in a template.
pub fn fill(template: &Value, scope: &Scope<'_>) -> Result<Value> {
    match template {
        Value::Object(fields) => {
            let mut filled = Map::new();
            for (name, value) in fields {
                let (name, value) = match (name.strip_suffix(".$"), value) {
                    (Some(name), Value::String(path)) => (name, read(path, scope)?.clone()),
                    (Some(name), _) => bail!("{name}.$ is no path"),
                    (None, value) => (name.as_str(), fill(value, scope)?),
                };
                filled.insert(name.to_owned(), value);
            }
            Ok(Value::Object(filled))
        }
        Value::Array(values) => values.iter().map(|value| fill(value, scope)).collect(),
        other => Ok(other.clone()),
    }
}

/// Reads the value at a path.
pub fn read<'a>(path: &str, scope: &Scope<'a>) -> Result<&'a Value> {
    if path == "$$.Map.Item.Value" {
        return scope.item.context("$$.Map.Item.Value is known only inside a map");
    }
    if path == "$$.Execution.Name" {
        return scope.execution.context("$$.Execution.Name is known only outside of a map");
    }
    let mut found = scope.input;
    for name in names(path)? {
        found = found.get(name).with_context(|| format!("{path} is not in the input"))?;
    }
    Ok(found)
}

/// Inserts a value at a path into a copy of the input.
pub fn put(path: &str, input: &Value, value: Value) -> Result<Value> {
    let mut output = input.clone();
    let mut place = &mut output;
    for name in names(path)? {
        let fields = place.as_object_mut().with_context(|| format!("{path} leads through something that is no object"))?;
        place = fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value;
    Ok(output)
}

fn names(path: &str) -> Result<impl Iterator<Item = &str>> {
    let rest = path.strip_prefix('$').filter(|rest| rest.is_empty() || rest.starts_with('.'));
    let rest = rest.filter(|rest| !rest.contains(['[', ']', '*', '?', '(']));
    let rest = rest.with_context(|| format!("the path {path} is not supported"))?;
    Ok(rest.split('.').skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_take_values_from_input_and_item() {
        let (input, item) = (json!({ "a": { "b": 1 } }), json!("x"));
        let scope = Scope { input: &input, item: Some(&item), execution: None };
        let template = json!({ "one.$": "$.a.b", "all.$": "$", "item.$": "$$.Map.Item.Value", "fixed": ["$.a"] });
        let expected = json!({ "one": 1, "all": { "a": { "b": 1 } }, "item": "x", "fixed": ["$.a"] });
        assert_eq!(fill(&template, &scope).expect("fills"), expected);
    }

    #[test]
    fn results_are_put_beside_the_input() {
        assert_eq!(put("$.x.y", &json!({ "a": 1 }), json!(2)).expect("puts"), json!({ "a": 1, "x": { "y": 2 } }));
        assert_eq!(put("$", &json!({ "a": 1 }), json!(2)).expect("puts"), json!(2));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error() {
        let scope = Scope { input: &json!({}), item: None, execution: None };
        assert!(read("$.a", &scope).is_err());
        assert!(read("$.a[0]", &scope).is_err());
        assert!(read("$$.Map.Item.Value", &scope).is_err());
    }
}
