//! The guide beside exported files: what refers to what, and in which order to import.

use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::lookup::{LookupTarget, lookups};
use hozon_shared::snapshots::input::ModuleHead;

/// A module as it is written into files.
pub struct ExportedModule {
    pub head: ModuleHead,
    /// Names of its CSV files.
    pub files: Vec<String>,
    pub rows: u64,
    pub attachments: u64,
}

/// Text of the guide.
pub fn guide(exported: &[ExportedModule]) -> String {
    let modules: Vec<Module> = exported.iter().map(module).collect();
    let mut text = "# Files to import\n\nOne CSV file per module: UTF-8, commas, a header of API names, cells as the CRM held them. An empty cell is no value. \
        `attachments.csv` ties each file below `attachments/` to its record.\n\nImport in this order, so that what a record refers to is there before it. Keep the old ids in a \
        field of their own (an external id), and map the columns that refer to other files by it.\n\n| | files | records | columns that refer to other files |\n|---|---|---|---|\n"
        .to_owned();
    for (place, at) in order(&modules).into_iter().enumerate() {
        let references: Vec<String> = references(&modules[at], &modules)
            .map(|(field, target)| format!("`{field}` → {}", modules[target].api_name))
            .collect();
        let ExportedModule { files, rows, .. } = &exported[at];
        text += &format!("| {} | {} | {rows} | {} |\n", place + 1, files.join(", "), references.join(", "));
    }
    text + "\nHow Zoho CRM, Salesforce, HubSpot and Dynamics 365 take them: `docs/import-elsewhere.md` of Hozon.\n"
}

fn module(exported: &ExportedModule) -> Module {
    let ModuleHead { api_name, label, order, fields, key, structure, .. } = exported.head.clone();
    let (rows, attachments) = (exported.rows, exported.attachments);
    Module {
        api_name,
        label,
        order,
        contents: DataCategory::Crm,
        version: String::new(),
        fields,
        key,
        structure,
        rows,
        row_bytes: 0,
        attachments,
        attachment_bytes: 0,
    }
}

/// Fields that refer to other modules, with the positions of those.
fn references<'a>(module: &'a Module, all: &'a [Module]) -> impl Iterator<Item = (&'a str, usize)> {
    lookups(module, all).into_iter().filter_map(|lookup| match lookup.target {
        LookupTarget::Module(target) => {
            let at = all.iter().position(|known| known.api_name == target)?;
            Some((module.fields[lookup.id].api_name.as_str(), at))
        }
        LookupTarget::NamedBy(_) => None,
    })
}

/// Positions of the modules, those to which others refer first. Circles are broken anywhere.
fn order(modules: &[Module]) -> Vec<usize> {
    let targets: Vec<Vec<usize>> =
        modules.iter().map(|module| references(module, modules).map(|(_, target)| target).collect()).collect();
    let (mut waiting, mut ordered): (Vec<usize>, Vec<usize>) = ((0..modules.len()).collect(), Vec::new());
    while !waiting.is_empty() {
        let is_free = |at: &usize| targets[*at].iter().all(|target| target == at || ordered.contains(target));
        let next = waiting.iter().position(is_free).unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use hozon_shared::domain::crm::Field;

    use super::*;

    #[test]
    fn what_others_refer_to_comes_first() {
        let field = |name: &str, data_type: &str| Field {
            api_name: name.to_owned(),
            label: name.to_owned(),
            data_type: data_type.to_owned(),
            contents: DataCategory::Crm,
        };
        let exported = |name: &str, fields: Vec<Field>| ExportedModule {
            head: ModuleHead {
                api_name: name.to_owned(),
                label: name.to_owned(),
                order: 1,
                contents: DataCategory::Crm,
                fields,
                key: vec!["id".to_owned()],
                structure: None,
            },
            files: vec![format!("{name}.csv")],
            rows: 2,
            attachments: 0,
        };
        let contacts = exported(
            "Contacts",
            vec![field("id", "bigint"), field("Account_Name", "lookup"), field("Account_Name.id", "bigint")],
        );
        let text = guide(&[contacts, exported("Accounts", vec![field("id", "bigint")])]);
        assert!(
            text.find("| 1 | Accounts.csv").is_some() && text.contains("| 2 | Contacts.csv | 2 | `Account_Name.id` → Accounts |"),
            "{text}"
        );
    }
}
