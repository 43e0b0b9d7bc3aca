//! The representation of a backup's contents.

use chrono_tz::Tz;
use hozon_shared::api::closed_sets::LeftOutReason;
use hozon_shared::api::{GapOut, LocalTime, local_time};
use hozon_shared::archive::contents::{BackupContents, ModuleContents};
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::archive::manifest::FileRecord;
use hozon_shared::domain::crm::{DataCategory, LeftOut};
use hozon_shared::ports::SourceInfo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::contents_changes::ContentsChanges;

/// The contents of a backup.
#[derive(Serialize, ToSchema)]
pub struct ContentsOut {
    source: SourceKind,
    /// When reading the data began.
    read_from: LocalTime,
    csv: ContentsCsv,
    modules: Vec<ContentsModule>,
    left_out: Vec<ExcludedOut>,
    /// What the source has and the backup does not contain for other reasons.
    gaps: Vec<GapOut>,
    /// What differs since the previous backup, by module; null if an older version made the backup.
    changes: Option<ContentsChanges>,
}

/// The source of the data.
#[derive(Serialize, ToSchema)]
struct SourceKind {
    #[schema(example = "native")]
    kind: String,
    /// One sentence that says which state of the CRM the backup shows.
    consistency: String,
}

/// Options with which CSV was written.
#[derive(Serialize, ToSchema)]
struct ContentsCsv {
    byte_order_mark: bool,
    escape_formulas: bool,
    protect_values: bool,
}

#[derive(Serialize, ToSchema)]
struct ContentsModule {
    api_name: String,
    label: String,
    /// Number of columns.
    fields: u64,
    rows: u64,
    attachments: u64,
    attachment_bytes: u64,
    /// The module's CSV files.
    files: Vec<CsvFileOut>,
}

#[derive(Serialize, ToSchema)]
struct CsvFileOut {
    path: String,
    rows: u64,
    bytes: u64,
    /// SHA-256 in hexadecimal digits; null for a large file, whose parts have digests of their own in the manifest.
    sha256: Option<String>,
    /// CRC-32 in hexadecimal digits, as in the zip; null for backups from before it was kept.
    crc32: Option<String>,
}

/// A module or field that was left out, with the reason.
#[derive(Serialize, ToSchema)]
struct ExcludedOut {
    module: String,
    /// Null for a whole module.
    field: Option<String>,
    #[schema(value_type = LeftOutReason)]
    reason: DataCategory,
}

impl ContentsOut {
    /// Represents the contents, with times in the given zone.
    pub fn of(contents: BackupContents, zone: Tz) -> Self {
        let (SourceInfo { kind, consistency }, CsvOptions { bom, escape_formulas, protect }) = (contents.source, contents.csv);
        Self {
            source: SourceKind { kind, consistency },
            read_from: local_time(contents.read_from, zone),
            csv: ContentsCsv { byte_order_mark: bom, escape_formulas, protect_values: escape_formulas && protect },
            modules: contents.modules.into_iter().map(module).collect(),
            left_out: contents.left_out.into_iter().map(left_out).collect(),
            gaps: contents.gaps.iter().map(GapOut::from).collect(),
            changes: contents.changes.map(ContentsChanges::from),
        }
    }
}

fn module(module: ModuleContents) -> ContentsModule {
    let ModuleContents { api_name, label, fields, rows, files, attachments, attachment_bytes } = module;
    ContentsModule { api_name, label, fields, rows, attachments, attachment_bytes, files: files.into_iter().map(file).collect() }
}

fn file(FileRecord { path, rows, bytes, sha256, crc32, .. }: FileRecord) -> CsvFileOut {
    CsvFileOut { path, rows: rows.unwrap_or(0), bytes, sha256, crc32: crc32.map(|crc32| format!("{crc32:08x}")) }
}

fn left_out(LeftOut { module, field, contents }: LeftOut) -> ExcludedOut {
    ExcludedOut { module, field, reason: contents }
}
