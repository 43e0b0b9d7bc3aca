//! What a backup holds, on the wire.

use chrono_tz::Tz;
use hozon_shared::api::closed_sets::LeftOutReason;
use hozon_shared::api::{LocalTime, local_time};
use hozon_shared::archive::contents::{Contents, ModuleContents};
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::archive::manifest::FileRecord;
use hozon_shared::domain::crm::{Contents as Kind, LeftOut};
use hozon_shared::ports::SourceInfo;
use serde::Serialize;
use utoipa::ToSchema;

/// What a backup holds.
#[derive(Serialize, ToSchema)]
pub struct ContentsOut {
    source: SourceKind,
    /// When the first of it was read.
    read_from: LocalTime,
    csv: HeldCsv,
    modules: Vec<HeldModule>,
    left_out: Vec<LeftOutOut>,
}

/// Where data comes from.
#[derive(Serialize, ToSchema)]
struct SourceKind {
    #[schema(example = "native")]
    kind: String,
    /// What state of the CRM this is, in one sentence.
    consistency: String,
}

/// How CSV was written.
#[derive(Serialize, ToSchema)]
struct HeldCsv {
    byte_order_mark: bool,
    escape_formulas: bool,
    protect_values: bool,
}

#[derive(Serialize, ToSchema)]
struct HeldModule {
    api_name: String,
    label: String,
    /// Columns.
    fields: u64,
    rows: u64,
    attachments: u64,
    attachment_bytes: u64,
    /// Its CSV files.
    files: Vec<CsvFileOut>,
}

#[derive(Serialize, ToSchema)]
struct CsvFileOut {
    path: String,
    rows: u64,
    bytes: u64,
    sha256: String,
}

/// Something that was left out, and why.
#[derive(Serialize, ToSchema)]
struct LeftOutOut {
    module: String,
    /// Null for the whole module.
    field: Option<String>,
    #[schema(value_type = LeftOutReason)]
    reason: Kind,
}

impl ContentsOut {
    /// Shows times in that zone.
    pub fn of(contents: Contents, zone: Tz) -> Self {
        let (SourceInfo { kind, consistency }, CsvOptions { bom, neutralise, protect }) = (contents.source, contents.csv);
        Self {
            source: SourceKind { kind, consistency },
            read_from: local_time(contents.read_from, zone),
            csv: HeldCsv { byte_order_mark: bom, escape_formulas: neutralise, protect_values: neutralise && protect },
            modules: contents.modules.into_iter().map(module).collect(),
            left_out: contents.left_out.into_iter().map(left_out).collect(),
        }
    }
}

fn module(module: ModuleContents) -> HeldModule {
    let ModuleContents { api_name, label, fields, rows, files, attachments, attachment_bytes } = module;
    HeldModule { api_name, label, fields, rows, attachments, attachment_bytes, files: files.into_iter().map(file).collect() }
}

fn file(FileRecord { path, rows, bytes, sha256, .. }: FileRecord) -> CsvFileOut {
    CsvFileOut { path, rows: rows.unwrap_or(0), bytes, sha256 }
}

fn left_out(LeftOut { module, field, contents }: LeftOut) -> LeftOutOut {
    LeftOutOut { module, field, reason: contents }
}
