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
    #[serde(default)]
    pub layout: ArchiveLayout,
}

impl ArchiveOptions {
    /// Returns the options that a run applies. Cells of Zoho's layout are bare, because an importer takes marks as data.
    #[must_use]
    pub fn effective(self) -> Self {
        match self.layout {
            ArchiveLayout::Hozon => self,
            ArchiveLayout::Zoho => Self { csv: CsvOptions::BARE, ..self },
        }
    }
}

/// Names and documents of the zips.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveLayout {
    /// Hozon's own, with manifests.
    #[default]
    Hozon,
    /// That of Zoho CRM's backups, for its import.
    Zoho,
}

impl ArchiveLayout {
    /// Both layouts.
    pub const ALL: [Self; 2] = [Self::Hozon, Self::Zoho];

    /// Returns the layout by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hozon => "hozon",
            Self::Zoho => "zoho",
        }
    }
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

impl CsvOptions {
    /// Cells as they are, without a byte order mark.
    pub const BARE: Self = Self { bom: false, escape_formulas: false, protect: false };
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { bom: true, escape_formulas: true, protect: true }
    }
}
