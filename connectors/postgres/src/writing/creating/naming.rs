//! Names of what is made.

use hozon_shared::domain::structure::TableName;

use crate::names::quoted;

/// The name of a table, sequence or type in SQL.
pub(super) fn named(name: &TableName) -> String {
    let schema = name.schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
    format!("{schema}{}", quoted(&name.name))
}

/// A name for people.
pub(super) fn shown(name: &TableName) -> String {
    name.schema.as_ref().map_or_else(|| name.name.clone(), |schema| format!("{schema}.{}", name.name))
}
