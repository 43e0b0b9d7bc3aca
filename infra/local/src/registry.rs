//! The local program's list of organisations by name; the table itself finds them only by id.

use std::io::Write;
use std::path::{Path, PathBuf};

use hozon_shared::domain::id::OrgId;
use serde::{Deserialize, Serialize};

/// One organisation of this data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: OrgId,
    /// Its name, unique in the list.
    pub name: String,
}

/// The list, kept in one JSON file.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// The list could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the list of organisations {} failed", path.display())]
pub struct RegistryError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

impl Registry {
    /// Reads the list; a file that is not there is an empty list.
    pub fn load(path: &Path) -> Result<Self, RegistryError> {
        let failed = |source| RegistryError { path: path.to_owned(), source };
        let entries = match std::fs::read(path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The organisations, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The organisation with that name.
    pub fn find(&self, name: &str) -> Option<OrgId> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.id)
    }

    /// Adds an organisation, or renames nothing: a name that is there keeps its id. Written whole before this returns.
    pub fn add(&mut self, id: OrgId, name: &str) -> Result<(), RegistryError> {
        if self.find(name).is_some() {
            return Ok(());
        }
        let mut entries = self.entries.clone();
        entries.push(Entry { id, name: name.to_owned() });
        self.save(&entries).map_err(|source| RegistryError { path: self.path.clone(), source })?;
        self.entries = entries;
        Ok(())
    }

    fn save(&self, entries: &[Entry]) -> std::io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(entries)?)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
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
    fn a_damaged_list_is_an_error_and_not_an_empty_list() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("organisations.json");
        std::fs::write(&path, "[{").expect("writes");
        assert!(Registry::load(&path).is_err());
    }
}
