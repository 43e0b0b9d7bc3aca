//! Reading and checking profiles.

use std::collections::HashSet;

use super::file_path::PathTemplate;
use super::format::{FileRecord, Profile, ProfileFiles, ProfileModule};

/// Reasons why a profile is rejected. The text names the file, the entry and the key at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProfile {
    /// The document has the wrong structure.
    #[error("{file}: the profile cannot be read: {}", .source.message())]
    Unreadable {
        file: String,
        #[source]
        source: toml::de::Error,
    },
    #[error("{file}: {key} of the profile: {reason}")]
    Profile { file: String, key: &'static str, reason: &'static str },
    #[error("{file}: {key} of {table}: {reason}")]
    Table { file: String, table: String, key: &'static str, reason: &'static str },
    #[error("{file}: there is already a profile named {name}")]
    Twice { file: String, name: String },
}

type Fault = (&'static str, &'static str);

impl Profile {
    /// Parses and validates a profile. `file` names it in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, InvalidProfile> {
        let read: Result<Self, _> = toml::from_str(text);
        let profile = read.map_err(|source| InvalidProfile::Unreadable { file: file.to_owned(), source })?;
        let of_profile = |(key, reason)| InvalidProfile::Profile { file: file.to_owned(), key, reason };
        profile.check_head().map_err(of_profile)?;
        let of_table =
            |table: &str, (key, reason)| InvalidProfile::Table { file: file.to_owned(), table: table.to_owned(), key, reason };
        let (mut tables, mut names, mut kinds) = (HashSet::new(), HashSet::new(), HashSet::new());
        for module in &profile.module {
            let is_new = tables.insert(module.table.to_lowercase())
                && names.insert(module.api_name.as_ref().unwrap_or(&module.table).to_lowercase());
            module.check(is_new).map_err(|fault| of_table(&module.table, fault))?;
            if module.known_as.as_ref().is_some_and(|kind| !kinds.insert(kind)) {
                return Err(of_table(&module.table, ("known_as", "another module has the same")));
            }
        }
        for omission in &profile.omit {
            let fault = match () {
                () if omission.reason.trim().is_empty() => Some(("reason", "say why backups leave it out")),
                () if !tables.insert(omission.table.to_lowercase()) => Some(("omit", "the table is named twice")),
                () => None,
            };
            fault.map_or(Ok(()), |fault| Err(of_table(&omission.table, fault)))?;
        }
        for files in &profile.files {
            files.check().map_err(|fault| of_table(&files.table, fault))?;
        }
        Ok(profile)
    }

    fn check_head(&self) -> Result<(), Fault> {
        let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.name.is_empty() || !self.name.chars().all(is_word) {
            return Err(("name", "use lower-case letters, digits and hyphens"));
        }
        if self.title.trim().is_empty() {
            return Err(("title", "give the product's name"));
        }
        if self.recognised_by.is_empty() || self.recognised_by.iter().any(|table| table.is_empty()) {
            return Err(("recognised_by", "name tables that every installation has"));
        }
        if self.module.is_empty() {
            return Err(("module", "name at least one table"));
        }
        let is_known = |table: &String| self.module.iter().any(|module| module.table == *table);
        if !self.write_back.order.iter().all(is_known) {
            return Err(("write_back.order", "name only tables of modules"));
        }
        Ok(())
    }
}

impl ProfileModule {
    fn check(&self, is_new: bool) -> Result<(), Fault> {
        if self.table.is_empty() || !is_new {
            return Err(("table", "every table and API name is named once"));
        }
        if self.api_name.as_ref().is_some_and(String::is_empty) {
            return Err(("api_name", "give a name, or leave it out"));
        }
        if self.label.en.trim().is_empty() || self.label.ja.as_ref().is_some_and(|label| label.trim().is_empty()) {
            return Err(("label", "give the name that users see"));
        }
        if self.write_back.as_ref().is_some_and(|write_back| write_back.key.is_empty()) {
            return Err(("write_back.key", "name the columns that identify a record"));
        }
        Ok(())
    }
}

impl ProfileFiles {
    fn check(&self) -> Result<(), Fault> {
        let bytes = &self.bytes;
        if bytes.column.is_none() && bytes.large_object.is_none() && bytes.path.is_none() {
            return Err(("bytes", "give column, large_object or path"));
        }
        if bytes.path.as_ref().is_some_and(|path| PathTemplate::parse(path).is_err()) {
            return Err(("bytes.path", "write columns in braces, such as upload/{id}"));
        }
        self.record.as_ref().map_or(Ok(()), FileRecord::check)
    }
}

impl FileRecord {
    fn check(&self) -> Result<(), Fault> {
        let ways = [self.kind.is_some(), self.reference.is_some(), !self.columns.is_empty()];
        if ways.into_iter().filter(|is_used| *is_used).count() != 1 || self.kind.is_some() != self.id.is_some() {
            return Err(("record", "give kind and id, or reference, or columns"));
        }
        match &self.kinds {
            Some(_) if self.kind.is_none() => Err(("record.kinds", "explains kind, which is not given")),
            Some(kinds) if kinds.names.is_empty() => Err(("record.kinds", "give the columns of the names")),
            _ => Ok(()),
        }
    }
}
