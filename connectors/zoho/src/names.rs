//! Names of users and of fields that name records, for the ways of reading that show ids only.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::catalog::Catalog;
use crate::values::text;

/// What ids are resolved with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Full names of users by id.
    users: HashMap<String, String>,
    /// The field that names a record, by module.
    fields: HashMap<String, String>,
}

impl Names {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let document = |name: &str| catalog.metadata.iter().find(|(known, _)| known == name).map(|(_, document)| document);
        let users = document("users").and_then(Value::as_array).into_iter().flatten();
        let users = users.map(|user| (text(user, "id").to_owned(), text(user, "full_name").to_owned())).collect();
        let modules = document("fields").and_then(Value::as_object).into_iter().flatten();
        let fields = modules.filter_map(|(module, fields)| Some((module.clone(), name_field(fields)?.to_owned()))).collect();
        Self(Arc::new(Known { users, fields }))
    }

    pub(crate) fn user(&self, id: &str) -> Option<&str> {
        self.0.users.get(id).map(String::as_str)
    }

    pub(crate) fn name_field(&self, module: &str) -> Option<&str> {
        self.0.fields.get(module).map(String::as_str)
    }
}

fn name_field(fields: &Value) -> Option<&str> {
    let is_name = |field: &&Value| field.get("display_field").and_then(Value::as_bool) == Some(true);
    fields.as_array()?.iter().find(is_name).map(|field| text(field, "api_name"))
}
