//! What a CRM holds, as far as a backup must know: modules, fields, attachments, and what is left out (R14).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a module or field contains. Everything but [`DataCategory::Crm`] is left out of backups and listed in the manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataCategory {
    /// The CRM's own data: backed up.
    #[default]
    Crm,
    /// Mail contents and their attachments.
    Mail,
    /// Documents of a document library.
    Document,
    /// Data that an integration brought in.
    Integration,
}

/// One field (column) of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name in the API and in the CSV's header row.
    pub api_name: String,
    /// Name that users see.
    pub label: String,
    /// The CRM's own type name, for example `text`, `phone`, `datetime`.
    pub data_type: String,
    /// What it contains.
    #[serde(default)]
    pub contents: DataCategory,
}

/// One module (table) at one version. Reading by this value always yields the same rows and attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Name in the API; the CSV's file name derives from it.
    pub api_name: String,
    /// Name that users see.
    pub label: String,
    /// Position among the organisation's modules.
    pub order: u32,
    /// What it contains.
    #[serde(default)]
    pub contents: DataCategory,
    /// The source's version of the module's contents; opaque to others.
    pub version: String,
    /// Fields in the CRM's order; a row has exactly one cell for each.
    pub fields: Vec<Field>,
    /// Number of records.
    pub rows: u64,
    /// Bytes of all records in the source's own encoding: a weight, not a size.
    pub row_bytes: u64,
    /// Number of attachments.
    pub attachments: u64,
    /// Bytes of all attachments.
    pub attachment_bytes: u64,
}

/// One file attached to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Id, unique in its module.
    pub id: String,
    /// The record that it belongs to.
    pub record_id: String,
    /// That record's display name; empty where it has none.
    pub record_name: String,
    /// The file's name as the user gave it.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// When it was attached.
    pub created: DateTime<Utc>,
    /// Where the source keeps it; opaque to others.
    pub location: String,
    /// Its checksums, where the source counted them when it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<FileDigest>,
}

/// Checksums of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// CRC-32, as zip has it.
    pub crc32: u32,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Something that a backup leaves out, and why (R14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Module's API name.
    pub module: String,
    /// Field's API name; `None` when the whole module is left out.
    pub field: Option<String>,
    /// Why.
    pub contents: DataCategory,
}

/// Lists what R14 leaves out of these modules, in order.
pub fn left_out(modules: &[Module]) -> Vec<LeftOut> {
    let mut list = Vec::new();
    for module in modules {
        if module.contents != DataCategory::Crm {
            list.push(LeftOut { module: module.api_name.clone(), field: None, contents: module.contents });
            continue;
        }
        for field in module.fields.iter().filter(|field| field.contents != DataCategory::Crm) {
            list.push(LeftOut { module: module.api_name.clone(), field: Some(field.api_name.clone()), contents: field.contents });
        }
    }
    list
}
