//! Encoding of Stripe's request bodies: nested JSON as form fields, `a[b][0][c]=value`.

use form_urlencoded::Serializer;
use serde_json::Value;

/// Encodes an object as a form. Null values are left out.
pub fn encode(fields: &Value) -> String {
    let mut form = Serializer::new(String::new());
    append(&mut form, "", fields);
    form.finish()
}

fn append(form: &mut Serializer<'_, String>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => drop(form.append_pair(name, if *flag { "true" } else { "false" })),
        Value::Number(number) => drop(form.append_pair(name, &number.to_string())),
        Value::String(text) => drop(form.append_pair(name, text)),
        Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| append(form, &inner(name, &n.to_string()), value)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| append(form, &inner(name, key), value)),
    }
}

fn inner(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") }
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
            "lines": [{ "data": { "amount": 1500, "name": "追加 & <more>" } }, { "once": true }],
        });
        let decoded: Vec<(String, String)> = form_urlencoded::parse(encode(&fields).as_bytes()).into_owned().collect();
        let wanted = [
            ("lines[0][data][amount]", "1500"),
            ("lines[0][data][name]", "追加 & <more>"),
            ("lines[1][once]", "true"),
            ("mode", "payment"),
        ];
        assert_eq!(decoded, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn nothing_is_an_empty_body() {
        assert_eq!(encode(&json!({})), "");
    }
}
