//! How modules, fields and cells are shown.

use hozon_shared::archive::csv::kept_columns;
use hozon_shared::domain::crm::{Field, Module};
use hozon_shared::domain::lookup::title_fields;
use serde::Serialize;
use utoipa::ToSchema;

/// A field that the backup contains.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExploredField {
    #[schema(example = "Last_Name")]
    api_name: String,
    label: String,
    /// The CRM's own name of the type.
    #[schema(example = "text")]
    data_type: String,
}

impl From<&Field> for ExploredField {
    fn from(Field { api_name, label, data_type, .. }: &Field) -> Self {
        Self { api_name: api_name.clone(), label: label.clone(), data_type: data_type.clone() }
    }
}

/// Name and label of a module.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModuleName {
    #[schema(example = "Leads")]
    pub api_name: String,
    pub label: String,
}

impl From<&Module> for ModuleName {
    fn from(module: &Module) -> Self {
        Self { api_name: module.api_name.clone(), label: module.label.clone() }
    }
}

/// The fields that a backup contains, in order.
pub fn kept_fields(module: &Module) -> Vec<&Field> {
    kept_columns(&module.fields).into_iter().map(|at| &module.fields[at]).collect()
}

/// Returns the position of a field among those that the backup contains.
pub fn position_of(module: &Module, field: usize) -> Option<usize> {
    kept_columns(&module.fields).into_iter().position(|kept| kept == field)
}

/// Returns the name of a record: the first of the telling fields that is not empty.
pub fn name_of(module: &Module, cells: &[Option<String>]) -> Option<String> {
    let cell = |field: usize| cells.get(position_of(module, field)?)?.as_deref().filter(|cell| !cell.trim().is_empty());
    title_fields(module).into_iter().find_map(cell).map(|cell| cut(cell, 200).0)
}

/// Cuts a text behind so many characters, with an ellipsis. Says whether it was cut.
pub fn cut(text: &str, characters: usize) -> (String, bool) {
    match text.char_indices().nth(characters) {
        Some((end, _)) => (format!("{}…", &text[..end]), true),
        None => (text.to_owned(), false),
    }
}
