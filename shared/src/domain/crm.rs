//! The CRM's data model as far as backups need it: modules, fields, attachments, and the data that backups leave out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::structure::Structure;

/// Category of the data in a module or field. Backups contain only [`DataCategory::Crm`]; the manifest lists everything
/// else as left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataCategory {
    /// The CRM's own data.
    #[default]
    Crm,
    /// Mail contents and their attachments.
    Mail,
    /// Documents of a document library.
    Document,
    /// Data that an integration imported.
    Integration,
}

/// One field (column) of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name in the API and in the CSV header.
    pub api_name: String,
    /// Name shown to users.
    pub label: String,
    /// The CRM's own type name, for example `text`, `phone` or `datetime`.
    pub data_type: String,
    #[serde(default)]
    pub contents: DataCategory,
}

/// Beginning of the versions of captured modules. Those that a platform writes begin with a digit.
const CAPTURED: &str = "captured-";

/// Names the version of the modules of a capture. Later captures have greater ids.
pub fn captured_version(id: u64) -> String {
    format!("{CAPTURED}{id:020}")
}

/// Whether a version of a module was captured, and not written by a platform.
pub fn is_captured(version: &str) -> bool {
    version.starts_with(CAPTURED)
}

/// One module (table) at one version. Reading by this value always yields the same rows and attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Name in the API. The CSV file name derives from it.
    pub api_name: String,
    /// Name shown to users.
    pub label: String,
    /// Position among the organisation's modules.
    pub order: u32,
    #[serde(default)]
    pub contents: DataCategory,
    /// The source's version of the module's contents; opaque to other code.
    pub version: String,
    /// Fields in the CRM's order; every row has exactly one cell per field.
    pub fields: Vec<Field>,
    /// API names of the fields that identify a record; empty if none are known.
    #[serde(default)]
    pub key: Vec<String>,
    /// What making the table again needs, if the source says it. It may be large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<Structure>,
    /// Number of records.
    pub rows: u64,
    /// Size of all records as CSV text.
    pub row_bytes: u64,
    /// Number of attachments.
    pub attachments: u64,
    /// Total size of all attachments in bytes.
    pub attachment_bytes: u64,
}

/// One file attached to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Unique within the module.
    pub id: String,
    /// Id of the record to which the file is attached.
    pub record_id: String,
    /// Display name of that record; empty if it has none.
    pub record_name: String,
    /// File name as the user entered it.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// When the file was attached; `None` if the source does not say it.
    pub created: Option<DateTime<Utc>>,
}

/// Checksums of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// CRC-32 as the zip format defines it.
    pub crc32: u32,
    /// SHA-256 as lower-case hexadecimal digits.
    pub sha256: String,
}

/// A module or field that a backup leaves out, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The module's API name.
    pub module: String,
    /// The field's API name; `None` if the whole module is left out.
    pub field: Option<String>,
    /// Category that caused the exclusion.
    pub contents: DataCategory,
}

/// Lists the modules and fields that backups leave out, in order.
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
