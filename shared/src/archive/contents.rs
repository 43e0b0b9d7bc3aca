//! What a backup holds, as a document of its own beside the zips: the API shows it without opening them, also when they are gone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::csv::CsvOptions;
use super::manifest::FileRecord;
use crate::domain::crm::{DataCategory, LeftOut, Module};
use crate::domain::id::{BackupId, OrgId};
use crate::ports::{ObjectRef, SourceInfo};

/// Prefix of these documents in the archives bucket; they are kept as long as history is.
pub const PREFIX: &str = "contents/";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupContents {
    /// Where the data came from.
    pub source: SourceInfo,
    /// When the first of it was read.
    pub read_from: DateTime<Utc>,
    /// How CSV was written.
    pub csv: CsvOptions,
    /// The modules, in the CRM's order.
    pub modules: Vec<ModuleContents>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// What a backup holds of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleContents {
    /// Name in the API.
    pub api_name: String,
    /// Name that users see.
    pub label: String,
    /// Columns of its CSV files.
    pub fields: u64,
    /// Rows of its CSV files.
    pub rows: u64,
    /// Its CSV files.
    pub files: Vec<FileRecord>,
    /// Number of attachments.
    pub attachments: u64,
    /// Bytes of them.
    pub attachment_bytes: u64,
}

impl ModuleContents {
    /// A module without files yet.
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

/// Where a backup's document is kept.
pub fn contents_at(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::archives(format!("{PREFIX}{org}/{backup}.json"))
}
