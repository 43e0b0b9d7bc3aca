//! A search that selects what is restored.

use serde::{Deserialize, Serialize};

use crate::domain::words::{SearchWords, UnsearchableWords, WordMatch};

/// Maximum number of records that a search selects.
pub const MAX_FOUND: usize = 10_000;

/// A search in the records of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSearch {
    /// API name of the module; `None` for all modules.
    pub module: Option<String>,
    /// The words, which all occur in a record. Forgotten once the restore is planned or has ended: they may name people.
    pub words: Option<String>,
    /// Whether a word must occur as a whole.
    pub is_exact: bool,
}

impl RestoreSearch {
    /// Reads the words.
    pub fn search_words(&self) -> Result<SearchWords, UnsearchableWords> {
        SearchWords::read(self.words.as_deref().unwrap_or_default(), WordMatch::exact_if(self.is_exact))
    }

    /// Whether records of a module are searched.
    pub fn has_module(&self, api_name: &str) -> bool {
        self.module.as_ref().is_none_or(|module| module == api_name)
    }
}
