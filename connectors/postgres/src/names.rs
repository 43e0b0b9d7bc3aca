//! Names of modules, and quoting of names and texts for SQL.

use std::collections::HashSet;

/// Quotes a name of a schema, table or column.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text constant that reads the same whatever the server's `standard_conforming_strings` (PostgreSQL documentation, "String
/// Constants").
pub(crate) fn literal(text: &str) -> String {
    let escaped = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", escaped.replace('\\', "\\\\")) } else { format!("'{escaped}'") }
}

/// Names a table as a module: by its own name where that is enough, and with its schema where another table has the same
/// name, in whatever case.
pub(crate) fn module_names(tables: &[(String, String)]) -> Vec<String> {
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for (_, table) in tables {
        if !once.insert(table.to_lowercase()) {
            twice.insert(table.to_lowercase());
        }
    }
    tables
        .iter()
        .map(|(schema, table)| if twice.contains(&table.to_lowercase()) { format!("{schema}.{table}") } else { table.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_schema_in_front_only_where_it_must() {
        let tables = [("public", "Deal"), ("public", "contact"), ("old", "deal")];
        let tables = tables.map(|(schema, table)| (schema.to_owned(), table.to_owned()));
        assert_eq!(module_names(&tables), ["public.Deal", "contact", "old.deal"]);
    }

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
