//! How an organisation's zips are written, where it wants them otherwise than usual.

use serde::{Deserialize, Serialize};

/// The least that a zip may be limited to, in bytes.
pub const MIN_ZIP: u64 = 16 << 20;

/// An organisation's choices. A run freezes them when it is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveOptions {
    /// How CSV is written.
    #[serde(default)]
    pub csv: CsvOptions,
    /// A zip that would be larger is split; none is the service's own limit, which always counts too.
    #[serde(default)]
    pub max_zip_bytes: Option<u64>,
}

/// How CSV is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// Whether the file begins with a byte order mark, so that Excel reads UTF-8 on double click.
    pub bom: bool,
    /// Whether cells are marked at all: those that a spreadsheet would run as a formula.
    #[serde(rename = "neutralise")]
    pub escape_formulas: bool,
    /// Whether cells that a spreadsheet would change are marked too.
    #[serde(default = "yes")]
    pub protect: bool,
}

/// Options that were saved before there was a choice.
fn yes() -> bool {
    true
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { bom: true, escape_formulas: true, protect: true }
    }
}
