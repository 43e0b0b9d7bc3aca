//! An organisation's settings for the files of its backups.

use serde::{Deserialize, Serialize};

/// Smallest allowed limit for the size of a zip, in bytes.
pub const MIN_ZIP: u64 = 16 << 20;

/// Archive settings of an organisation. A run freezes them when it is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveOptions {
    #[serde(default)]
    pub csv: CsvOptions,
    /// A larger archive is split into several zips. The service's own limit always applies as well.
    #[serde(default)]
    pub max_zip_bytes: Option<u64>,
}

/// Settings for CSV files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// Whether files start with a byte order mark, so that Excel recognises UTF-8.
    pub bom: bool,
    /// Whether cells that a spreadsheet would run as a formula are escaped.
    #[serde(rename = "neutralise")]
    pub escape_formulas: bool,
    /// Whether cells that a spreadsheet would reformat, such as long numbers, are marked as well.
    #[serde(default = "yes")]
    pub protect: bool,
}

/// Default for settings that were saved before this option existed.
fn yes() -> bool {
    true
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { bom: true, escape_formulas: true, protect: true }
    }
}
