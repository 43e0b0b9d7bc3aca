//! The format of a profile, a TOML document like those in `infra/profiles`. `docs/profile.schema.json` is generated from
//! these types.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::crm::DataCategory;
use crate::domain::locale::Locale;

/// A known CRM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name in settings and commands: lower-case letters, digits and hyphens.
    pub name: String,
    /// The product's name.
    pub title: String,
    /// Versions of the product that the profile was written for.
    pub versions: String,
    /// What the profile was compared with; left out if it is known from the product's published schema only.
    #[serde(default)]
    pub checked: Option<String>,
    /// Tables by which a database is recognised. All of them must exist.
    pub recognised_by: Vec<String>,
    /// Modules in the order in which people see them.
    #[serde(default)]
    pub module: Vec<ProfileModule>,
    /// Tables that backups leave out.
    #[serde(default)]
    pub omit: Vec<ProfileOmission>,
    /// Where the CRM keeps attached files.
    #[serde(default)]
    pub files: Vec<ProfileFiles>,
    #[serde(default)]
    pub write_back: WriteBack,
}

/// A table with what its users call it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileModule {
    /// Name of the table, or `schema.table` where several schemas have a table of that name.
    pub table: String,
    /// Name in the API and of the CSV file; left out, that of the table.
    #[serde(default)]
    pub api_name: Option<String>,
    pub label: ProfileLabel,
    #[serde(default)]
    #[schema(inline)]
    pub category: DataCategory,
    /// Whether installations without this table are usual, for example because it belongs to an extension.
    #[serde(default)]
    pub optional: bool,
    /// Name by which the CRM's attachments refer to records of this table, for example `crm.lead`.
    #[serde(default)]
    pub known_as: Option<String>,
    /// Tables whose rows belong to the same records.
    #[serde(default)]
    pub joined: Vec<ModuleLink>,
    /// Labels of columns.
    #[serde(default)]
    pub labels: BTreeMap<String, ProfileLabel>,
    /// Categories of columns that differ from the table's.
    #[serde(default)]
    #[schema(inline)]
    pub categories: BTreeMap<String, DataCategory>,
    #[serde(default)]
    pub write_back: Option<ModuleWriteBack>,
}

/// A name for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileLabel {
    pub en: String,
    /// Left out if the CRM has no Japanese interface.
    #[serde(default)]
    pub ja: Option<String>,
}

impl ProfileLabel {
    /// The label in a language, or in English without one.
    pub fn in_language(&self, locale: Locale) -> &str {
        match (locale, &self.ja) {
            (Locale::Ja, Some(ja)) => ja,
            _ => &self.en,
        }
    }
}

/// A table whose rows belong to the same records as those of a module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleLink {
    pub table: String,
    /// Column of the module.
    pub column: String,
    /// Column of the other table that has the same value.
    pub to: String,
}

/// A table that backups leave out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileOmission {
    pub table: String,
    /// Why nobody misses it, for example that it is a cache.
    pub reason: String,
}

/// A table that has one row for each attached file, and says where its bytes lie.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileFiles {
    pub table: String,
    /// Column that identifies a file within the table.
    pub id: String,
    /// Column with the file's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Column with the media type.
    #[serde(default)]
    pub media_type: Option<String>,
    /// Column with the time at which the file was attached.
    #[serde(default)]
    pub created: Option<String>,
    /// Which rows are files: those that meet all conditions.
    #[serde(default)]
    pub only: Vec<FileCondition>,
    pub bytes: FileBytes,
    /// The record that a file is attached to; left out, the row itself.
    #[serde(default)]
    pub record: Option<FileRecord>,
}

/// Rows in which a column has a value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCondition {
    pub column: String,
    /// The value as text; left out, any text that is not empty.
    #[serde(default)]
    pub is: Option<String>,
}

/// Where the bytes of a file lie: in the first of these that is not NULL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBytes {
    /// Column with the bytes.
    #[serde(default)]
    pub column: Option<String>,
    /// Column with the OID of a large object of PostgreSQL.
    #[serde(default)]
    pub large_object: Option<String>,
    /// Path below the CRM's folder: text with columns in braces, `{name}`. `{a|b}` is the first that is not empty, `{a[0..2]}`
    /// some characters of it.
    #[serde(default)]
    pub path: Option<String>,
    /// Which folder of the CRM that is, for people.
    #[serde(default)]
    pub folder: Option<String>,
}

/// Columns that name the record a file is attached to: `kind` and `id`, or `reference`, or `columns`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Column with what the record is: `known_as` of a module.
    #[serde(default)]
    pub kind: Option<String>,
    /// Table that explains the values of `kind`, if they do not name modules themselves.
    #[serde(default)]
    pub kinds: Option<FileKinds>,
    /// Column with the record's id.
    #[serde(default)]
    pub id: Option<String>,
    /// Column with both in one text, `kind,id`.
    #[serde(default)]
    pub reference: Option<String>,
    /// One column for each table that a file may belong to.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// A table that explains kinds of records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileKinds {
    pub table: String,
    /// Column that `kind` refers to.
    pub key: String,
    /// Columns whose values, joined with dots, are `known_as` of a module.
    pub names: Vec<String>,
}

/// How a restore writes records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteBack {
    /// Tables that are written first, in this order, because others refer to them. All others follow.
    #[serde(default)]
    pub order: Vec<String>,
}

/// How a restore writes the records of a module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleWriteBack {
    /// Columns that identify a record.
    pub key: Vec<String>,
    /// Columns that the database or the CRM fills by itself.
    #[serde(default)]
    pub generated: Vec<String>,
}
