//! What backups contain of a source: which modules and fields an administrator leaves out, and the profile that names them.

use serde::{Deserialize, Serialize};

use super::source::{Gap, GapKind, SourceModule};

/// Maximum number of modules and fields that a connection leaves out.
pub const MAX_OMISSIONS: usize = 500;

/// What backups contain of a source, and how they show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Modules and fields that the administrator leaves out.
    #[serde(default)]
    pub omitted: Vec<Omission>,
    /// Name of the CRM's profile; `None` to show tables as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A module, or a field of it, that the administrator leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Omission {
    /// The module's API name.
    pub module: String,
    /// The field's API name; `None` leaves out the whole module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Divides what a source shows into the modules to back up, and what a backup does not contain: the source's own gaps, and what
/// the administrator leaves out. What is left out is no loss, and not inconsistent, whatever the source says of it. An omission
/// that names nothing of the source has no effect. A module without remaining fields is left out.
pub fn without_omissions(modules: &[SourceModule], gaps: &[Gap], omitted: &[Omission]) -> (Vec<SourceModule>, Vec<Gap>) {
    let is_omitted =
        |module: &str, field: Option<&str>| omitted.iter().any(|known| known.module == module && known.field.as_deref() == field);
    let left_out =
        |module: &str, field: Option<&str>| Gap { field: field.map(str::to_owned), ..Gap::of(module, GapKind::Omitted) };
    let (mut kept, mut found) = (Vec::new(), Vec::new());
    for gap in gaps {
        match gap.kind {
            GapKind::AsFiles if is_omitted(&gap.module, gap.field.as_deref()) => {
                found.push(left_out(&gap.module, gap.field.as_deref()))
            }
            _ if !is_omitted(&gap.module, None) => found.push(gap.clone()),
            // The module itself is left out below.
            GapKind::Inconsistent | GapKind::AsFiles => {}
            _ => found.push(left_out(&gap.module, gap.field.as_deref())),
        }
    }
    for module in modules {
        let name = &module.api_name;
        let (without, fields): (Vec<_>, Vec<_>) =
            module.fields.iter().cloned().partition(|field| is_omitted(name, Some(&field.api_name)));
        if fields.is_empty() || is_omitted(name, None) {
            found.push(left_out(name, None));
            continue;
        }
        found.extend(without.iter().map(|field| left_out(name, Some(&field.api_name))));
        // Without one of its fields, a key identifies nothing.
        let has = |name: &String| fields.iter().any(|field| field.api_name == *name);
        let key = if module.key.iter().all(has) { module.key.clone() } else { Vec::new() };
        kept.push(SourceModule { fields, key, ..module.clone() });
    }
    (kept, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::crm::{DataCategory, Field};

    #[test]
    fn a_module_without_a_field_of_its_key_has_no_key() {
        let field = |name: &str| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        };
        let line = SourceModule {
            api_name: "line".to_owned(),
            label: String::new(),
            contents: DataCategory::Crm,
            fields: ["deal", "number", "text"].map(field).to_vec(),
            key: ["deal", "number"].map(str::to_owned).to_vec(),
            structure: None,
            estimated_rows: None,
            bytes: None,
        };
        let key_without = |name: &str| {
            let omitted = [Omission { module: "line".to_owned(), field: Some(name.to_owned()) }];
            without_omissions(std::slice::from_ref(&line), &[], &omitted).0[0].key.clone()
        };
        assert_eq!(key_without("text"), line.key);
        assert!(key_without("deal").is_empty());
    }

    #[test]
    fn modules_and_fields_are_left_out_by_name_and_listed() {
        let field = |name: &str| Field {
            api_name: name.to_owned(),
            label: String::new(),
            data_type: String::new(),
            contents: DataCategory::Crm,
        };
        let module = |name: &str, fields: &[&str]| SourceModule {
            api_name: name.to_owned(),
            label: String::new(),
            contents: DataCategory::Crm,
            fields: fields.iter().map(|name| field(name)).collect(),
            key: Vec::new(),
            structure: None,
            estimated_rows: None,
            bytes: None,
        };
        let omission =
            |module: &str, field: Option<&str>| Omission { module: module.to_owned(), field: field.map(str::to_owned) };
        let modules = [
            module("deal", &["id", "sum"]),
            module("log", &["id"]),
            module("note", &["text"]),
            module("user", &["id", "secret"]),
        ];
        let omitted =
            [omission("gone", None), omission("log", None), omission("note", Some("text")), omission("user", Some("secret"))];
        let (kept, gaps) = without_omissions(&modules, &[], &omitted);
        assert_eq!(kept, [module("deal", &["id", "sum"]), module("user", &["id"])]);
        let gaps: Vec<_> = gaps.iter().map(|gap| (gap.module.as_str(), gap.field.as_deref(), gap.kind)).collect();
        assert_eq!(
            gaps,
            [("log", None, GapKind::Omitted), ("note", None, GapKind::Omitted), ("user", Some("secret"), GapKind::Omitted)]
        );
    }

    #[test]
    fn what_is_left_out_is_no_gap_of_the_source() {
        let gap = Gap::of;
        let omitted = ["queue", "payroll"].map(|module| Omission { module: module.to_owned(), field: None });
        let of_source = [
            gap("queue", GapKind::Inconsistent),
            gap("payroll", GapKind::NoPermission),
            gap("stock", GapKind::Foreign),
            gap("hidden", GapKind::RowSecurity),
        ];
        let expected = [gap("payroll", GapKind::Omitted), gap("stock", GapKind::Foreign), gap("hidden", GapKind::RowSecurity)];
        assert_eq!(without_omissions(&[], &of_source, &omitted), (Vec::new(), expected.to_vec()));
    }
}
