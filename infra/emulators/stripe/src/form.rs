//! Form bodies and query strings as Stripe parses them: `a[b][0][c]=value` is a tree.

use crate::error::Refusal;
use crate::objects::Metadata;

/// A field with its own text and nested fields.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form {
    text: Option<String>,
    inner: Vec<(String, Form)>,
}

impl Form {
    /// Parses a form. Malformed names become fields that nobody reads.
    pub fn parse(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (key, value) in form_urlencoded::parse(body) {
            let mut field = &mut form;
            for name in key.split('[').map(|part| part.trim_end_matches(']')) {
                field = field.inner_mut(name);
            }
            field.text = Some(value.into_owned());
        }
        form
    }

    /// Returns the nested field with that name; `[]` always adds a new one.
    fn inner_mut(&mut self, name: &str) -> &mut Self {
        let known = self.inner.iter().position(|(known, _)| known == name && !name.is_empty());
        let index = known.unwrap_or_else(|| {
            self.inner.push((name.to_owned(), Self::default()));
            self.inner.len() - 1
        });
        &mut self.inner[index].1
    }

    /// Returns a nested field.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.inner.iter().find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// Returns a field's text; an empty text counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text.as_deref().filter(|text| !text.is_empty())
    }

    /// Returns the text of a mandatory field.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name).ok_or(Refusal::Invalid { param: name, reason: "missing required param" })
    }

    /// Returns a field's number.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let number = |text: &str| text.parse().map_err(|_| Refusal::Invalid { param: name, reason: "invalid integer" });
        self.text(name).map(number).transpose()
    }

    /// Returns a field's flag.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    /// Returns the nested fields of a field in order.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.get(name).into_iter().flat_map(|field| field.inner.iter().map(|(_, field)| field))
    }

    /// Returns the nested texts of a field in order.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.list(name).filter_map(|field| field.text.as_deref())
    }

    /// Returns the metadata.
    pub fn metadata(&self) -> Metadata {
        let fields = self.get("metadata").into_iter().flat_map(|field| &field.inner);
        fields.filter_map(|(name, field)| Some((name.clone(), field.text.clone()?))).collect()
    }

    /// Returns all text fields by name.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner.iter().filter_map(|(name, field)| Some((name.as_str(), field.text.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_a_tree() {
        let form = Form::parse("a[0][b]=1&a[0][c]=%E8%BF%BD&a[1][b]=2&expand[]=x&expand[]=y&metadata[org]=7&n=x&e=".as_bytes());
        let inside: Vec<_> = form.list("a").map(|field| (field.text("b"), field.text("c"))).collect();
        assert_eq!(inside, [(Some("1"), Some("追")), (Some("2"), None)]);
        assert_eq!(form.texts("expand").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(form.metadata().get("org").map(String::as_str), Some("7"));
        assert!(form.number("n").is_err() && form.text("e").is_none() && form.required("missing").is_err());
    }
}
