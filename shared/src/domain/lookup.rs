//! Which fields of a module refer to records of another one.

use super::crm::{DataCategory, Field, Module};
use super::structure::Rule;

/// End of the names of fields that hold the id of a lookup.
const ID: &str = ".id";
/// End of the names of fields that name the module of a lookup's record.
const MODULE: &str = ".module";
/// Names of fields that name a record, the most telling first.
const TITLES: [&str; 10] =
    ["name", "full_name", "display_name", "last_name", "subject", "title", "label", "company", "email", "first_name"];

/// A field that holds the id of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Index of the field that holds the id.
    pub id: usize,
    pub target: LookupTarget,
    /// Index of the field that has the name of the record, if the module has one.
    pub name: Option<usize>,
}

/// The module to which a lookup refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupTarget {
    /// API name.
    Module(String),
    /// Index of the field that has its API name.
    NamedBy(usize),
}

/// Finds the lookups of a module: foreign keys of one column that lead to the key of a module, and fields of a lookup type that name a module,
/// as `Account_Name` names `Accounts`.
pub fn lookups(module: &Module, all: &[Module]) -> Vec<Lookup> {
    let mut found = foreign_keys(module, all);
    for at in 0..module.fields.len() {
        if found.iter().all(|known| known.id != at) {
            found.extend(lookup_at(&module.fields, at, all));
        }
    }
    found.sort_by_key(|lookup| lookup.id);
    found
}

fn foreign_keys(module: &Module, all: &[Module]) -> Vec<Lookup> {
    let rules = module.structure.iter().flat_map(|structure| &structure.constraints).map(|constraint| &constraint.rule);
    let mut found: Vec<Lookup> = Vec::new();
    for rule in rules {
        let Rule::ForeignKey { columns, references, referenced_columns, .. } = rule else { continue };
        let [column] = columns.as_slice() else { continue };
        let Some(id) = module.fields.iter().position(|field| field.api_name == *column) else { continue };
        let is_target = |other: &&Module| {
            other.structure.as_ref().is_some_and(|structure| structure.table == *references) && other.key == *referenced_columns
        };
        if let Some(target) = all.iter().find(is_target).filter(|_| found.iter().all(|known| known.id != id)) {
            found.push(Lookup { id, target: LookupTarget::Module(target.api_name.clone()), name: None });
        }
    }
    found
}

fn lookup_at(fields: &[Field], at: usize, all: &[Module]) -> Option<Lookup> {
    let position = |name: String| fields.iter().position(|field| field.api_name == name);
    let field = &fields[at];
    let (base, name) = match field.api_name.strip_suffix(ID) {
        Some(base) => (base, Some(position(base.to_owned())?)),
        // The id is in a field of its own.
        None if position(format!("{}{ID}", field.api_name)).is_some() => return None,
        None => (field.api_name.as_str(), None),
    };
    if !is_lookup(&fields[name.unwrap_or(at)].data_type) {
        return None;
    }
    let target = match position(format!("{base}{MODULE}")) {
        Some(named) => LookupTarget::NamedBy(named),
        None => LookupTarget::Module(module_named(base, all)?),
    };
    Some(Lookup { id: at, target, name })
}

/// Whether fields of this type refer to records. Those that refer to users do not: users are no module.
fn is_lookup(data_type: &str) -> bool {
    matches!(data_type, "lookup" | "multi_module_lookup" | "parentlookup")
}

/// Finds the module that a field names.
fn module_named(field: &str, all: &[Module]) -> Option<String> {
    let lower = field.to_ascii_lowercase();
    let base = lower.strip_suffix("_name").unwrap_or(&lower);
    let base = base.strip_prefix("parent_").unwrap_or(base);
    let names = [format!("{base}s"), base.to_owned(), format!("{base}es"), format!("{}ies", base.trim_end_matches('y'))];
    let is_named = |name: &String| all.iter().find(|module| module.api_name.eq_ignore_ascii_case(name));
    names.iter().find_map(is_named).map(|module| module.api_name.clone())
}

/// Indexes of the fields that may name a record of a module, the most telling first.
pub fn title_fields(module: &Module) -> Vec<usize> {
    let is_kept = |at: &usize| module.fields[*at].contents == DataCategory::Crm;
    let is_titled = |at: &usize, title: &str| {
        let name = module.fields[*at].api_name.to_ascii_lowercase();
        name == title
            || (title == "name"
                && name.ends_with("_name")
                && !is_lookup(&module.fields[*at].data_type)
                && !matches!(name.as_str(), "last_name" | "first_name" | "full_name" | "display_name"))
    };
    let all = || (0..module.fields.len()).filter(is_kept);
    TITLES.iter().flat_map(|title| all().filter(move |at| is_titled(at, title))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::structure::{Checked, Constraint, Structure, TableName};

    fn field(api_name: &str, data_type: &str) -> Field {
        let (api_name, data_type) = (api_name.to_owned(), data_type.to_owned());
        Field { label: api_name.clone(), api_name, data_type, contents: DataCategory::Crm }
    }

    fn module(api_name: &str, fields: Vec<Field>) -> Module {
        Module {
            api_name: api_name.to_owned(),
            label: String::new(),
            order: 1,
            contents: DataCategory::Crm,
            version: String::new(),
            key: vec![fields[0].api_name.clone()],
            fields,
            structure: None,
            rows: 0,
            row_bytes: 0,
            attachments: 0,
            attachment_bytes: 0,
        }
    }

    fn table(name: &str, fields: Vec<Field>, constraints: Vec<Constraint>) -> Module {
        let table = TableName { schema: Some("public".to_owned()), name: name.to_owned() };
        Module { structure: Some(Structure { table, constraints, ..Structure::default() }), ..module(name, fields) }
    }

    fn to(module: &str) -> LookupTarget {
        LookupTarget::Module(module.to_owned())
    }

    #[test]
    fn a_foreign_key_leads_to_the_key_of_a_table() {
        let references = |column: &str, to: &str, referenced: &str| Constraint {
            name: column.to_owned(),
            rule: Rule::ForeignKey {
                columns: vec![column.to_owned()],
                references: TableName { schema: Some("public".to_owned()), name: to.to_owned() },
                referenced_columns: vec![referenced.to_owned()],
                checked: Checked::Immediately,
            },
            definition: None,
            is_inherited: false,
        };
        let company = table("company", vec![field("id", "int4"), field("code", "text")], Vec::new());
        let fields = vec![field("id", "int4"), field("company_id", "int4"), field("code", "text"), field("other", "int4")];
        let rules = vec![
            references("company_id", "company", "id"),
            references("code", "company", "code"),
            references("other", "gone", "id"),
        ];
        let person = table("person", fields, rules);
        let found = lookups(&person, &[company, person.clone()]);
        assert_eq!(found, [Lookup { id: 1, target: to("company"), name: None }]);
    }

    #[test]
    fn a_lookup_leads_to_the_module_that_it_names() {
        let accounts = module("Accounts", vec![field("Id", "bigint")]);
        let fields = vec![
            field("id", "bigint"),
            field("Account_Name", "lookup"),
            field("Account_Name.id", "bigint"),
            field("Owner", "ownerlookup"),
            field("Owner.id", "bigint"),
            field("What_Id", "lookup"),
            field("What_Id.id", "bigint"),
            field("What_Id.module", "text"),
            field("Account", "lookup"),
            field("Layout", "lookup"),
        ];
        let deals = module("Deals", fields);
        let found = lookups(&deals, &[accounts, deals.clone()]);
        let expected = [
            Lookup { id: 2, target: to("Accounts"), name: Some(1) },
            Lookup { id: 6, target: LookupTarget::NamedBy(7), name: Some(5) },
            Lookup { id: 8, target: to("Accounts"), name: None },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn records_are_named_by_the_most_telling_field() {
        let contacts = module(
            "Contacts",
            vec![field("id", "bigint"), field("Last_Name", "text"), field("Full_Name", "text"), field("Email", "email")],
        );
        assert_eq!(title_fields(&contacts), [2, 1, 3]);
        let deals = module("Deals", vec![field("id", "bigint"), field("Account_Name", "lookup"), field("Deal_Name", "text")]);
        assert_eq!(title_fields(&deals), [2]);
    }
}
