//! Applying a profile to what a database has.

use super::format::{Profile, ProfileModule};
use crate::domain::connection::{Omission, without_omissions};
use crate::domain::locale::Locale;
use crate::domain::source::{Gap, SourceModule};

/// What a source has, as a profile shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shaped {
    /// Modules in the order in which people see them.
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    /// Names of modules as they are shown, with those that the source gives them, where they differ.
    renamed: Vec<(String, String)>,
}

impl Shaped {
    /// Returns a shown module under the name that the source gives it.
    pub fn as_found(&self, module: &SourceModule) -> SourceModule {
        let found = self.renamed.iter().find(|(shown, _)| *shown == module.api_name);
        let api_name = found.map_or_else(|| module.api_name.clone(), |(_, found)| found.clone());
        SourceModule { api_name, ..module.clone() }
    }
}

/// Names, orders and categorises what a source has as a profile says, and leaves out what the profile leaves out. What the
/// profile does not name follows as it is. Without a profile everything stays as it is.
pub fn shape(modules: &[SourceModule], gaps: &[Gap], profile: Option<&Profile>, locale: Locale) -> Shaped {
    let Some(profile) = profile else {
        return Shaped { modules: modules.to_vec(), gaps: gaps.to_vec(), renamed: Vec::new() };
    };
    let omitted = profile.omit.iter().map(|omission| Omission { module: omission.table.clone(), field: None });
    let (kept, mut gaps) = without_omissions(modules, gaps, &omitted.collect::<Vec<_>>());
    let mut ordered: Vec<_> = kept.into_iter().map(|module| (profile.place_of(&module.api_name), module)).collect();
    ordered.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
    let found: Vec<String> = modules.iter().map(|module| module.api_name.to_lowercase()).collect();
    let mut renamed = Vec::new();
    let shown = |(place, mut module): (Option<usize>, SourceModule)| {
        let Some(named) = place.map(|place| &profile.module[place]) else { return module };
        named.describe(&mut module, locale);
        if let Some(name) = named.api_name.as_ref().filter(|name| !found.contains(&name.to_lowercase())) {
            renamed.push((name.clone(), std::mem::replace(&mut module.api_name, name.clone())));
        }
        module
    };
    let modules = ordered.into_iter().map(shown).collect();
    for gap in &mut gaps {
        if let Some((shown, _)) = renamed.iter().find(|(_, found)| *found == gap.module) {
            gap.module.clone_from(shown);
        }
    }
    Shaped { modules, gaps, renamed }
}

impl Profile {
    /// Position of a source's module among the profile's.
    fn place_of(&self, found: &str) -> Option<usize> {
        self.module.iter().position(|module| module.table == found)
    }
}

impl ProfileModule {
    fn describe(&self, module: &mut SourceModule, locale: Locale) {
        self.label.in_language(locale).clone_into(&mut module.label);
        module.contents = self.category;
        for field in &mut module.fields {
            if let Some(label) = self.labels.get(&field.api_name) {
                label.in_language(locale).clone_into(&mut field.label);
            }
            if let Some(category) = self.categories.get(&field.api_name) {
                field.contents = *category;
            }
        }
    }
}
