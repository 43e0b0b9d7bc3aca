//! Applying a profile to what a database has.

use super::format::{Profile, ProfileModule};
use crate::domain::crm::Field;
use crate::domain::locale::Locale;
use crate::domain::selection::{Omission, without_omissions};
use crate::domain::source::{Gap, GapKind, SourceModule};

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
    /// Returns the name under which a table of the source is shown.
    pub fn shown<'a>(&'a self, found: &'a str) -> &'a str {
        self.renamed.iter().find(|(_, known)| known == found).map_or(found, |(shown, _)| shown)
    }

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
    let (mut kept, mut gaps) = without_omissions(modules, gaps, &omitted.collect::<Vec<_>>());
    gaps.extend(profile.missing_for_files(modules));
    for module in &mut kept {
        gaps.extend(take_bytes(profile, module, modules));
    }
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

/// Takes the columns out of a module whose bytes are files, and says so.
fn take_bytes(profile: &Profile, module: &mut SourceModule, found: &[SourceModule]) -> Vec<Gap> {
    let bytes = profile.columns_of_bytes(&module.api_name, found);
    let (taken, kept) = std::mem::take(&mut module.fields).into_iter().partition(|field| bytes.contains(field.api_name.as_str()));
    module.fields = kept;
    let gap = |field: Field| Gap { field: Some(field.api_name), ..Gap::of(&module.api_name, GapKind::AsFiles) };
    taken.into_iter().map(gap).collect()
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
