//! Documents inside the zips that describe the other entries: `manifest.json`, `fields/<module>.json`, and the columns
//! of `attachments.csv`. JSON is pretty-printed in a fixed order, so that equal input gives equal bytes.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::cells::{CellKind, Escaping, Undo};
use super::csv::{CsvOptions, NULL_RULE, RULE, UNESCAPED_RULE};
use crate::domain::backup::ArchiveKind;
use crate::domain::comparison::Comparison;
use crate::domain::crm::{Attachment, Field, LeftOut, Module};
use crate::domain::id::{BackupId, OrgId};
use crate::domain::source::Gap;
use crate::domain::structure::{Sequence, Structure};
use crate::ports::SourceInfo;

/// Value of the manifest's `format`.
pub const FORMAT: &str = "hozon-backup";
/// Value of the manifest's `version`. It changes when a reader of the previous version would misread the files.
pub const VERSION: u32 = 3;

/// The document `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// [`VERSION`] at the time of writing.
    pub version: u32,
    pub kind: ArchiveKind,
    pub organisation: ManifestOrganisation,
    /// Id of the backup, identical in all of its zips.
    pub backup: BackupId,
    /// Number of this zip among those of its kind, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// Number of zips of this kind in the backup; `None` in manifests of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<u32>,
    /// The source of the data, and the state that the backup shows.
    pub source: SourceInfo,
    /// When reading the data began.
    pub read_from: DateTime<Utc>,
    /// When reading the data ended.
    pub read_until: DateTime<Utc>,
    /// How the CSV files are written.
    pub csv: CsvRules,
    /// Modules and fields that were left out, with the reason.
    pub left_out: Vec<LeftOut>,
    /// What the source has and the backup does not contain for other reasons: the user may not read it, the administrator
    /// leaves it out, its data lie elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Sequences of the source that belong to no table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// What differs since the previous backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Comparison>,
    /// Every other entry of the zip, in order.
    pub files: Vec<FileRecord>,
}

/// The organisation at the time when the backup was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestOrganisation {
    pub id: OrgId,
    pub name: String,
    pub time_zone: Tz,
}

/// How the CSV files are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvRules {
    /// Always `UTF-8`.
    pub encoding: String,
    /// Whether each file starts with a byte order mark.
    pub byte_order_mark: bool,
    /// Always `CRLF`.
    pub line_end: String,
    /// Whether cells that a spreadsheet would run as a formula were escaped.
    #[serde(rename = "escaped")]
    pub escape_formulas: bool,
    /// Whether cells that a spreadsheet would change were marked.
    #[serde(default)]
    pub protected: bool,
    /// How NULL is written; `None` in manifests from before, where NULL and the empty text are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null: Option<String>,
    /// The escaping rule as text.
    pub rule: String,
    /// Exact instructions for undoing it; version 1 had only the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

impl CsvRules {
    /// Returns the rules that result from an organisation's options.
    pub fn of(options: CsvOptions) -> Self {
        Self {
            encoding: "UTF-8".to_owned(),
            byte_order_mark: options.bom,
            line_end: "CRLF".to_owned(),
            escape_formulas: options.escape_formulas,
            protected: options.escape_formulas && options.protect,
            null: Some(NULL_RULE.to_owned()),
            rule: if options.escape_formulas { RULE } else { UNESCAPED_RULE }.to_owned(),
            undo: options.escape_formulas.then(Undo::current),
        }
    }

    /// Returns how the cells were escaped.
    pub fn escaping(&self) -> Escaping {
        match (self.escape_formulas, &self.undo) {
            (false, _) => Escaping::None,
            (true, None) => Escaping::Formulas,
            (true, Some(_)) => Escaping::Cells,
        }
    }
}

/// An entry of the zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path of the entry.
    pub path: String,
    /// The module to which it belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Number of CSV rows without the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Uncompressed size.
    pub bytes: u64,
    /// CRC-32 of the uncompressed bytes, as in the zip; `None` in manifests of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// SHA-256 of the uncompressed bytes as lower-case hexadecimal digits; `None` if the file has `ranges`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Consecutive ranges that make up the file. A large CSV file has them, because its parts are written independently of
    /// one another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<RangeRecord>,
}

/// A range of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeRecord {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 as lower-case hexadecimal digits.
    pub sha256: String,
}

/// The document `fields/<module>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldsDocument {
    /// The module's name in the API.
    pub api_name: String,
    /// Name shown to users.
    pub label: String,
    /// Position among the modules.
    pub order: u32,
    /// All fields in the CRM's order, including those that were left out.
    pub fields: Vec<Field>,
    /// API names of the fields that identify a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What making the table again needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<Structure>,
}

impl FieldsDocument {
    pub fn of(module: &Module) -> Self {
        Self {
            api_name: module.api_name.clone(),
            label: module.label.clone(),
            order: module.order,
            fields: module.fields.clone(),
            key: module.key.clone(),
            structure: module.structure.clone(),
        }
    }
}

/// Columns of `attachments.csv`.
pub const ATTACHMENT_COLUMNS: [&str; 10] =
    ["module", "record_id", "record_name", "attachment_id", "path", "original_name", "size", "content_type", "created", "sha256"];

/// Returns the kinds of these columns.
pub fn attachment_kinds() -> Vec<CellKind> {
    let kind = |name: &&str| match *name {
        "size" => CellKind::Number,
        "created" => CellKind::Date,
        _ => CellKind::Text,
    };
    ATTACHMENT_COLUMNS.iter().map(kind).collect()
}

/// Returns a row of `attachments.csv`.
pub fn attachment_row(module: &str, path: &str, attachment: &Attachment, sha256: &str) -> [String; 10] {
    [
        module.to_owned(),
        attachment.record_id.clone(),
        attachment.record_name.clone(),
        attachment.id.clone(),
        path.to_owned(),
        attachment.name.clone(),
        attachment.size.to_string(),
        attachment.content_type.clone(),
        attachment.created.map(|created| created.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default(),
        sha256.to_owned(),
    ]
}

/// Writes a manifest whose files are listed one by one: [`ManifestText::begin`], then [`ManifestText::file`] for each
/// file, then [`ManifestText::end`]. Each file takes one line.
#[derive(Debug, Default)]
pub struct ManifestText {
    files: u64,
}

impl ManifestText {
    /// Returns the text up to the list of files; `manifest.files` is ignored.
    pub fn begin(manifest: &Manifest) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = to_json(&Manifest { files: Vec::new(), ..manifest.clone() })?;
        // The list of files is the last field and is empty.
        text.truncate(text.len() - "]\n}\n".len());
        Ok(text)
    }

    /// Returns the text for one more file.
    pub fn file(&mut self, record: &FileRecord) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = if self.files == 0 { b"\n    ".to_vec() } else { b",\n    ".to_vec() };
        self.files += 1;
        serde_json::to_writer(&mut text, record)?;
        Ok(text)
    }

    /// Returns the text after the last file.
    pub fn end(&self) -> &'static [u8] {
        if self.files == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" }
    }
}

/// Serialises a document as pretty-printed JSON with a final line break.
pub fn to_json<T: Serialize>(document: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = serde_json::to_vec_pretty(document)?;
    json.push(b'\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: Vec<FileRecord>) -> Manifest {
        Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            kind: ArchiveKind::Data,
            organisation: ManifestOrganisation { id: OrgId(1), name: "保存 \"]\n}".to_owned(), time_zone: Tz::Asia__Tokyo },
            backup: BackupId(2),
            part: Some(1),
            parts: Some(1),
            source: SourceInfo { kind: "native".to_owned(), consistency: "ok".to_owned() },
            read_from: DateTime::UNIX_EPOCH,
            read_until: DateTime::UNIX_EPOCH,
            csv: CsvRules::of(CsvOptions::default()),
            left_out: Vec::new(),
            gaps: Vec::new(),
            sequences: Vec::new(),
            changes: None,
            files,
        }
    }

    #[test]
    fn a_manifest_of_version_1_is_undone_by_its_own_rule() {
        let rules = r#"{ "encoding": "UTF-8", "byte_order_mark": true, "line_end": "CRLF", "escaped": true, "rule": "words" }"#;
        let rules: CsvRules = serde_json::from_str(rules).expect("rules");
        assert_eq!((rules.escaping().undo("'0037"), rules.escaping().undo("'=1")), ("'0037".into(), "=1".into()));
        assert_eq!(CsvRules::of(CsvOptions::default()).escaping(), Escaping::Cells);
    }

    #[test]
    fn a_manifest_written_file_by_file_is_read_as_a_whole() {
        let record = |name: &str| FileRecord {
            path: name.to_owned(),
            module: None,
            rows: Some(3),
            bytes: 9,
            crc32: None,
            sha256: None,
            ranges: vec![RangeRecord { bytes: 9, sha256: String::new() }],
        };
        for count in 0..3 {
            let files: Vec<FileRecord> = ["a.csv", "b.csv"][..count].iter().map(|name| record(name)).collect();
            let whole = manifest(files);
            let mut text = ManifestText::begin(&whole).expect("begins");
            let mut writer = ManifestText::default();
            for file in &whole.files {
                text.extend(writer.file(file).expect("a file"));
            }
            text.extend(writer.end());
            assert_eq!(serde_json::from_slice::<Manifest>(&text).expect("JSON"), whole);
        }
    }
}
