//! A module that is about to be loaded.

use hozon_shared::domain::id::BackupId;
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment};

use super::csv_file::CsvSource;
use super::inputs::InputFile;

/// A module that is about to be loaded.
pub struct ModulePlan {
    pub head: ModuleHead,
    /// Its CSV files in order; all have the same header.
    pub files: Vec<CsvSource>,
    /// Its attachments; those of one record are adjacent.
    pub attachments: Vec<PlannedFile>,
    /// The input that contains its rows.
    pub input: String,
    /// The Hozon backup that contains it, which may consist of several zips.
    pub backup: Option<BackupId>,
}

/// An attachment that is about to be loaded.
pub struct PlannedFile {
    pub attachment: NewAttachment,
    pub file: InputFile,
    /// Expected SHA-256 as hexadecimal digits, if a Hozon index states it.
    pub sha256: Option<String>,
}
