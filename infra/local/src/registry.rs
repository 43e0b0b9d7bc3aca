//! The local program's list of organisations by name; the table finds them only by id.

use std::path::{Path, PathBuf};

use anyhow::Context;
use hozon_emulator_host::files::write_whole;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::organisation_name;
use serde::{Deserialize, Serialize};

use crate::language::say;

/// One organisation of this data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryEntry {
    pub id: OrgId,
    /// Unique within the list.
    pub name: String,
}

/// The list, stored in a JSON file.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    entries: Vec<RegistryEntry>,
}

/// Error returned when the list cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("reading or writing the list of organisations {} failed", path.display())]
pub struct RegistryError {
    pub path: PathBuf,
    #[source]
    pub source: std::io::Error,
}

impl Registry {
    /// Reads the list. An absent file is an empty list.
    pub fn load(path: &Path) -> Result<Self, RegistryError> {
        let failed = |source| RegistryError { path: path.to_owned(), source };
        let entries = match std::fs::read(path) {
            Ok(json) if json.is_empty() => Vec::new(),
            Ok(json) => serde_json::from_slice(&json).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Organisations, oldest first.
    pub fn entries(&self) -> &[RegistryEntry] {
        &self.entries
    }

    /// Finds an organisation by name.
    pub fn find(&self, name: &str) -> Option<OrgId> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.id)
    }

    /// Adds an organisation and writes the list atomically. An existing name keeps its id.
    pub fn add(&mut self, id: OrgId, name: &str) -> Result<(), RegistryError> {
        if self.find(name).is_some() {
            return Ok(());
        }
        let mut entries = self.entries.clone();
        entries.push(RegistryEntry { id, name: name.to_owned() });
        self.save(&entries).map_err(|source| RegistryError { path: self.path.clone(), source })?;
        self.entries = entries;
        Ok(())
    }

    /// Restores an empty list from the table, because the list was lost and no second organisation with the same name
    /// may be created.
    pub fn restore(&mut self, in_table: Vec<RegistryEntry>) -> Result<(), RegistryError> {
        if !self.entries.is_empty() || in_table.is_empty() {
            return Ok(());
        }
        tracing::warn!(file = %self.path.display(), count = in_table.len(), "restored the lost list of organisations from the table");
        self.save(&in_table).map_err(|source| RegistryError { path: self.path.clone(), source })?;
        self.entries = in_table;
        Ok(())
    }

    fn save(&self, entries: &[RegistryEntry]) -> std::io::Result<()> {
        write_whole(&self.path, &serde_json::to_vec_pretty(entries)?)
    }
}

/// Validates and normalises the name of a new organisation.
pub fn require_name(name: &str) -> anyhow::Result<String> {
    let what =
        || say(format!("{name:.100?} cannot be the name of an organisation"), format!("{name:.100?} は組織の名前にできません"));
    organisation_name(name).with_context(what)
}

/// Returns the message for an unknown organisation.
pub fn no_organisation(name: &str, known: &[&str]) -> String {
    let known = known.join(", ");
    say(
        format!("there is no organisation {name:?} here; there are: {known}"),
        format!("組織 {name:?} はありません。登録されている組織: {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_are_found_again_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("organisations.json");
        let mut registry = Registry::load(&path).expect("empty");
        registry.add(OrgId(7), "さくら商事").expect("writes");
        registry.add(OrgId(8), "さくら商事").expect("keeps the first");
        let again = Registry::load(&path).expect("reads");
        assert_eq!(again.find("さくら商事"), Some(OrgId(7)));
        assert_eq!(again.entries().len(), 1);
        assert_eq!(again.find("other"), None);
    }

    #[test]
    fn a_lost_list_is_made_from_the_table_and_another_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("organisations.json");
        let entry = |id, name: &str| RegistryEntry { id: OrgId(id), name: name.to_owned() };
        for lost in [None, Some("")] {
            lost.into_iter().for_each(|text| std::fs::write(&path, text).expect("writes"));
            Registry::load(&path).expect("empty").restore(vec![entry(7, "さくら商事")]).expect("writes");
            assert_eq!(Registry::load(&path).expect("reads").find("さくら商事"), Some(OrgId(7)));
        }
        Registry::load(&path).expect("reads").restore(vec![entry(8, "another")]).expect("does nothing");
        assert_eq!(Registry::load(&path).expect("reads").find("another"), None);
    }

    #[test]
    fn a_damaged_list_is_an_error_and_not_an_empty_list() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("organisations.json");
        std::fs::write(&path, "[{").expect("writes");
        assert!(Registry::load(&path).is_err());
    }
}
