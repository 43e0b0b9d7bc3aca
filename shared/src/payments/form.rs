//! Encoding of Stripe's request bodies: nested JSON as form fields, `a[b][0][c]=value`.

use serde_json::Value;
use serde_qs::Config;

/// A checkout's lines are six names deep.
const FORM: Config = Config::new().use_form_encoding(true).max_depth(10);

/// Writes an object as a form. Nulls, empty lists and empty objects are left out.
pub fn encode(fields: &Value) -> String {
    let Some(fields) = present(fields) else { return String::new() };
    FORM.serialize_string(&fields).expect("an object that is not deeper than a form may be")
}

/// The value without what says nothing: Stripe reads `field=` as the wish to clear the field.
fn present(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(list) => {
            let list: Vec<Value> = list.iter().filter_map(present).collect();
            (!list.is_empty()).then(|| list.into())
        }
        Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| Some((name.clone(), present(value)?)));
            let fields: serde_json::Map<String, Value> = fields.collect();
            (!fields.is_empty()).then(|| fields.into())
        }
        text => Some(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nesting_becomes_brackets() {
        let fields = json!({
            "mode": "payment",
            "email": null,
            "metadata": {},
            "expand": ["a.b", "c"],
            "lines": [{ "data": { "amount": 1500, "product": { "name": "追加 & <more>+" } } }, { "once": true }],
        });
        let decoded: Vec<(String, String)> = form_urlencoded::parse(encode(&fields).as_bytes()).into_owned().collect();
        let wanted = [
            ("expand[0]", "a.b"),
            ("expand[1]", "c"),
            ("lines[0][data][amount]", "1500"),
            ("lines[0][data][product][name]", "追加 & <more>+"),
            ("lines[1][once]", "true"),
            ("mode", "payment"),
        ];
        assert_eq!(decoded, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn an_empty_object_is_an_empty_body() {
        assert_eq!(encode(&json!({})), "");
        assert_eq!(encode(&Value::Null), "");
    }
}
