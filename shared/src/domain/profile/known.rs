//! The profiles that come with the product, and those that an operator adds.

use super::format::Profile;
use super::invalid::InvalidProfile;
use crate::domain::source::{Gap, SourceModule};

/// The profiles of `infra/profiles`.
const BUILT_IN: [(&str, &str); 8] = [
    ("bottlecrm.toml", include_str!("../../../../infra/profiles/bottlecrm.toml")),
    ("creme.toml", include_str!("../../../../infra/profiles/creme.toml")),
    ("dolibarr.toml", include_str!("../../../../infra/profiles/dolibarr.toml")),
    ("espocrm.toml", include_str!("../../../../infra/profiles/espocrm.toml")),
    ("odoo.toml", include_str!("../../../../infra/profiles/odoo.toml")),
    ("suitecrm.toml", include_str!("../../../../infra/profiles/suitecrm.toml")),
    ("tryton.toml", include_str!("../../../../infra/profiles/tryton.toml")),
    ("twenty.toml", include_str!("../../../../infra/profiles/twenty.toml")),
];

/// All known profiles, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles(Vec<Profile>);

/// Error of a name that no profile has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no profile {name:?}. Give one of {}, or none.", .known.join(", "))]
pub struct UnknownProfile {
    pub name: String,
    pub known: Vec<String>,
}

impl Default for Profiles {
    /// Returns the profiles that come with the product.
    fn default() -> Self {
        let profiles = BUILT_IN.map(|(file, text)| Profile::parse(file, text).expect("a test reads them"));
        let mut profiles = Self(profiles.into());
        profiles.sort();
        profiles
    }
}

impl Profiles {
    /// Adds profiles, given as file names and texts. One with the name of a profile that comes with the product replaces it.
    pub fn with(mut self, files: &[(String, String)]) -> Result<Self, InvalidProfile> {
        let mut added: Vec<Profile> = Vec::new();
        for (file, text) in files {
            let profile = Profile::parse(file, text)?;
            if added.iter().any(|other| other.name == profile.name) {
                return Err(InvalidProfile::Twice { file: file.clone(), name: profile.name });
            }
            added.push(profile);
        }
        self.0.retain(|known| added.iter().all(|added| added.name != known.name));
        self.0.extend(added);
        self.sort();
        Ok(self)
    }

    fn sort(&mut self) {
        self.0.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Iterates over the profiles in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.0.iter()
    }

    /// Finds a profile by name.
    pub fn find(&self, name: &str) -> Result<&Profile, UnknownProfile> {
        let unknown =
            || UnknownProfile { name: name.to_owned(), known: self.0.iter().map(|profile| profile.name.clone()).collect() };
        self.0.iter().find(|profile| profile.name == name).ok_or_else(unknown)
    }

    /// Returns the profile of a database: all tables by which it is recognised exist, whether they can be read or not. Of
    /// several, the one that is recognised by most.
    pub fn recognise(&self, modules: &[SourceModule], gaps: &[Gap]) -> Option<&Profile> {
        let has = |table: &String| {
            modules.iter().any(|module| module.api_name == *table) || gaps.iter().any(|gap| gap.module == *table)
        };
        let recognised = self.0.iter().filter(|profile| profile.recognised_by.iter().all(has));
        recognised.max_by_key(|profile| profile.recognised_by.len())
    }
}
