//! The contents of a backup as a document beside its zips. The API shows it without opening the zips, even after they
//! expire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::csv::CsvOptions;
use super::manifest::FileRecord;
use crate::domain::comparison::Comparison;
use crate::domain::crm::{DataCategory, LeftOut, Module};
use crate::domain::id::{BackupId, OrgId};
use crate::domain::source::Gap;
use crate::ports::{ObjectRef, SourceInfo};

/// Key prefix of these documents in the archives bucket. They are kept as long as the history.
pub const PREFIX: &str = "contents/";

/// Location of the list of a backup's zips, which the statement about it names by its hash.
pub fn zips_at(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::archives(format!("{PREFIX}{org}/{backup}-zips.json"))
}

/// The contents of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupContents {
    pub source: SourceInfo,
    /// When reading the data began.
    pub read_from: DateTime<Utc>,
    /// How CSV was written.
    pub csv: CsvOptions,
    /// Modules in the CRM's order.
    pub modules: Vec<ModuleContents>,
    /// Modules and fields that were left out, with the reason.
    pub left_out: Vec<LeftOut>,
    /// What the source has and the backup does not contain for other reasons.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// What differs since the previous backup; `None` if an older version made the backup.
    #[serde(default)]
    pub changes: Option<Comparison>,
}

/// The contents of one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleContents {
    /// Name in the API.
    pub api_name: String,
    /// Name shown to users.
    pub label: String,
    /// Number of columns in its CSV files.
    pub fields: u64,
    /// Number of rows in its CSV files.
    pub rows: u64,
    /// Its CSV files.
    pub files: Vec<FileRecord>,
    /// Number of attachments.
    pub attachments: u64,
    /// Size of all attachments in bytes.
    pub attachment_bytes: u64,
}

impl ModuleContents {
    /// Creates the entry of a module whose files are not written yet.
    pub fn of(module: &Module) -> Self {
        let fields = module.fields.iter().filter(|field| field.contents == DataCategory::Crm).count() as u64;
        Self {
            api_name: module.api_name.clone(),
            label: module.label.clone(),
            fields,
            rows: module.rows,
            files: Vec::new(),
            attachments: 0,
            attachment_bytes: 0,
        }
    }
}

/// Returns the location of a backup's contents document.
pub fn contents_at(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::archives(format!("{PREFIX}{org}/{backup}.json"))
}
