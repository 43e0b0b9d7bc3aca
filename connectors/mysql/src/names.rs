//! Names in statements.

/// Quotes a name of a table or column.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
