//! Form bodies and query strings as Stripe parses them: `a[b][0][c]=value` is a tree.

use serde_json::Value;
use serde_qs::Config;

use crate::error::RequestError;
use crate::objects::Metadata;

/// Names inside one another; the deepest field of a session has six.
const FORM: Config = Config::new().use_form_encoding(true).max_depth(10);

/// A field: a text, a list, or fields by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form(Value);

impl Form {
    /// Reads a form. One that is not a tree is refused: a field that is a text and has fields inside, or is too deep.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let invalid = |_| RequestError::Invalid { param: "body", reason: "invalid hash" };
        if body.is_empty() { Ok(Self::default()) } else { FORM.deserialize_bytes(body).map(Self).map_err(invalid) }
    }

    fn at(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A field inside.
    pub fn get(&self, name: &str) -> Option<Self> {
        self.at(name).cloned().map(Self)
    }

    /// Returns a field's text; an empty text counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.at(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns the text of a mandatory field.
    pub fn required(&self, name: &'static str) -> Result<&str, RequestError> {
        self.text(name).ok_or(RequestError::Invalid { param: name, reason: "missing required param" })
    }

    /// Returns a field's number.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, RequestError> {
        let number = |text: &str| text.parse().map_err(|_| RequestError::Invalid { param: name, reason: "invalid integer" });
        self.text(name).map(number).transpose()
    }

    /// Returns a field's flag.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    /// The fields of a list, in order.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Self> {
        self.at(name).and_then(Value::as_array).into_iter().flatten().cloned().map(Self)
    }

    /// The texts of a list, in order.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.at(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The texts inside `metadata`, by name.
    pub fn metadata(&self) -> Metadata {
        let fields = self.at("metadata").and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(|(name, field)| Some((name.clone(), field.as_str()?.to_owned()))).collect()
    }

    /// Returns all text fields by name.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.as_object().into_iter().flatten().filter_map(|(name, field)| Some((name.as_str(), field.as_str()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Form {
        Form::parse(text.as_bytes()).expect("a form")
    }

    #[test]
    fn brackets_are_a_tree() {
        let form = parse("a[0][b]=1&a[0][c]=%E8%BF%BD&a%5B1%5D%5Bb%5D=2&expand[]=x&expand[]=y&metadata[org]=7&n=x+y&e=");
        let inside: Vec<_> =
            form.list("a").map(|field| (field.text("b").map(str::to_owned), field.text("c").map(str::to_owned))).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(inside, [(text("1"), text("追")), (text("2"), None)]);
        assert_eq!(form.texts("expand").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(form.metadata().get("org").map(String::as_str), Some("7"));
        assert_eq!(form.text("n"), Some("x y"));
        assert!(form.number("n").is_err() && form.text("e").is_none() && form.required("missing").is_err());
    }

    #[test]
    fn eleven_items_keep_their_order() {
        let body: Vec<String> = (0..11).rev().map(|n| format!("items[{n}][id]=item{n}")).collect();
        let ids: Vec<_> = parse(&body.join("&")).list("items").filter_map(|item| item.text("id").map(str::to_owned)).collect();
        assert_eq!(ids, (0..11).map(|n| format!("item{n}")).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_tree_is_refused_and_nothing_is_an_empty_form() {
        assert!(Form::parse(b"a=1&a[b]=2").is_err());
        assert_eq!(parse(""), Form::default());
    }
}
