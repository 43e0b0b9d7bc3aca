//! Comparing a profile with a database.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::format::{Profile, ProfileFiles, ProfileModule};
use crate::domain::source::{Gap, SourceModule};

/// What a profile and a database have in common, and what not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileFit {
    /// Number of tables of modules that the database has.
    pub fitting: usize,
    /// Tables, or `table.column`, that the profile names and the database lacks.
    pub missing: Vec<String>,
    /// The same for tables that not every installation has.
    pub not_installed: Vec<String>,
    /// Tables of the database that the profile does not name.
    pub unknown: Vec<String>,
}

impl ProfileFit {
    /// Whether the database has all that the profile names.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Compares a profile with the modules and gaps of a database, as the connector names them. The columns of a table that cannot be
/// read are not known, and not compared.
pub fn fit(profile: &Profile, modules: &[SourceModule], gaps: &[Gap]) -> ProfileFit {
    let mut tables: HashMap<&str, Option<HashSet<&str>>> = gaps.iter().map(|gap| (gap.module.as_str(), None)).collect();
    for module in modules {
        let columns = module.fields.iter().map(|field| field.api_name.as_str()).collect();
        tables.insert(&module.api_name, Some(columns));
    }
    let mut wanted = Wanted { tables: &tables, missing: BTreeSet::new(), fit: ProfileFit::default() };
    for module in &profile.module {
        wanted.module(module);
    }
    for files in &profile.files {
        wanted.files(profile, files);
    }
    let named: HashSet<&str> = profile
        .module
        .iter()
        .map(|module| &module.table)
        .chain(profile.omit.iter().map(|omit| &omit.table))
        .map(String::as_str)
        .collect();
    let unknown = modules.iter().map(|module| &module.api_name).filter(|name| !named.contains(name.as_str())).cloned().collect();
    ProfileFit { missing: wanted.missing.into_iter().collect(), unknown, ..wanted.fit }
}

/// What a profile wants of a database.
struct Wanted<'a> {
    /// Tables with their columns, if those are known.
    tables: &'a HashMap<&'a str, Option<HashSet<&'a str>>>,
    missing: BTreeSet<String>,
    fit: ProfileFit,
}

impl Wanted<'_> {
    fn module(&mut self, module: &ProfileModule) {
        if !self.tables.contains_key(module.table.as_str()) {
            match module.optional {
                true => self.fit.not_installed.push(module.table.clone()),
                false => drop(self.missing.insert(module.table.clone())),
            }
            return;
        }
        self.fit.fitting += 1;
        let write_back = module.write_back.iter().flat_map(|write_back| write_back.key.iter().chain(&write_back.generated));
        self.columns(&module.table, module.labels.keys().chain(module.categories.keys()).chain(write_back));
        for link in &module.joined {
            self.columns(&module.table, [&link.column]);
            self.columns(&link.table, [&link.to]);
        }
    }

    fn files(&mut self, profile: &Profile, files: &ProfileFiles) {
        let is_optional = profile.module.iter().any(|module| module.table == files.table && module.optional);
        if is_optional && !self.tables.contains_key(files.table.as_str()) {
            return;
        }
        self.columns(&files.table, &files.columns());
        if let Some(kinds) = files.record.as_ref().and_then(|record| record.kinds.as_ref()) {
            self.columns(&kinds.table, kinds.names.iter().chain([&kinds.key]));
        }
    }

    fn columns<'a>(&mut self, table: &str, columns: impl IntoIterator<Item = &'a String>) {
        match self.tables.get(table) {
            None => drop(self.missing.insert(table.to_owned())),
            Some(None) => {}
            Some(Some(known)) => {
                let missing = columns.into_iter().filter(|column| !known.contains(column.as_str()));
                self.missing.extend(missing.map(|column| format!("{table}.{column}")));
            }
        }
    }
}
