//! What to compare.

use std::path::PathBuf;

/// Default for [`CompareOptions::memory`].
const MEMORY: usize = 48 << 20;

/// What to compare, and how.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// Zips, folders or CSV files of the earlier backup.
    pub before: Vec<PathBuf>,
    /// Zips, folders or CSV files of the later backup.
    pub after: Vec<PathBuf>,
    /// Modules to compare; all if empty.
    pub modules: Vec<String>,
    /// Whether files of Hozon backups may have been edited.
    pub edited: bool,
    /// Whether unrecognised files are skipped.
    pub skip_unknown: bool,
    /// About how many bytes of rows without a partner are kept in memory. The rest is in temporary files.
    pub memory: usize,
}

impl CompareOptions {
    /// Compares all of two backups.
    pub fn new(before: Vec<PathBuf>, after: Vec<PathBuf>) -> Self {
        Self { before, after, modules: Vec::new(), edited: false, skip_unknown: false, memory: MEMORY }
    }
}
