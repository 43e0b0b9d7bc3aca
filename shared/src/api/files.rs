//! The representation of backups and their zips.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::{BackupStatusName, ChecksumAlgorithm, FileKind, GapReason, RemakeStatusName, RepeatKind};
use super::{BackupDrillOut, ChangesOut, FailureOut, LocalTime, PersonOut, local_time};
use crate::domain::backup::{ArchiveFile, ArchiveKind, Backup, BackupStatus, Failure};
use crate::domain::remake::{Remake, RemakeStatus};
use crate::domain::rule::RepeatType;
use crate::domain::source::{Gap, GapKind, Losses};

/// A backup.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupOut {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = RepeatKind)]
    repeat: RepeatType,
    #[schema(value_type = BackupStatusName)]
    status: BackupStatus,
    requester: PersonOut,
    created_time: LocalTime,
    finished_time: Option<LocalTime>,
    /// When the backup's files are deleted.
    expiry_date: LocalTime,
    /// Whether the files can be downloaded now.
    downloadable: bool,
    /// What the files lack because it could not be read; null if the backup is complete.
    losses: Option<LossesOut>,
    /// What differs since the previous backup; null until the backup is completed, and for backups of older versions.
    changes: Option<ChangesOut>,
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    /// Null unless an erasure has deleted the first files, to have them made anew.
    remake: Option<RemakeOut>,
    /// The last drill of the backup; null if there was none.
    drill: Option<BackupDrillOut>,
    files: Vec<FileOut>,
}

impl BackupOut {
    /// Represents a backup as of `now`, with times in the given zone.
    pub fn of(backup: &Backup, zone: Tz, now: DateTime<Utc>) -> Self {
        let time = |at: DateTime<Utc>| local_time(at, zone);
        Self {
            id: backup.id.to_string(),
            repeat: backup.repeat,
            status: backup.status,
            requester: PersonOut::from(&backup.requester),
            created_time: time(backup.created),
            finished_time: backup.finished.map(time),
            expiry_date: time(backup.expires()),
            downloadable: backup.can_be_downloaded(now) && !backup.files.is_empty(),
            losses: backup.losses.as_ref().map(LossesOut::from),
            changes: backup.changes.as_ref().map(ChangesOut::from),
            failure: backup.failure.clone(),
            remake: backup.remake.as_ref().map(|remake| RemakeOut::of(remake, zone)),
            drill: backup.drill.as_ref().map(|drill| BackupDrillOut::of(drill, zone)),
            files: backup.files.iter().map(FileOut::from).collect(),
        }
    }
}

/// What is known of files that are made anew after an erasure.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemakeOut {
    #[schema(value_type = RemakeStatusName)]
    status: RemakeStatus,
    /// The erasure that has deleted the first files.
    erasure: String,
    /// When the first files were deleted.
    since_time: LocalTime,
    /// When the new files were complete, or when it was given up.
    ended_time: Option<LocalTime>,
    /// Why there are no files any more.
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
}

impl RemakeOut {
    fn of(remake: &Remake, zone: Tz) -> Self {
        Self {
            status: remake.status,
            erasure: remake.erasure.to_string(),
            since_time: local_time(remake.since, zone),
            ended_time: remake.ended.map(|at| local_time(at, zone)),
            failure: remake.failure.clone(),
        }
    }
}

/// What a backup lacks of its source.
#[derive(Debug, Serialize, ToSchema)]
pub struct LossesOut {
    /// Number of modules and fields that could not be read.
    count: u64,
    /// The first of them.
    examples: Vec<GapOut>,
}

/// Something of the source that a backup does not contain.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapOut {
    /// API name of the module, or the name of a table.
    module: String,
    /// API name of the field; null for all of the module.
    field: Option<String>,
    #[schema(value_type = GapReason)]
    reason: GapKind,
    /// The files, if the reason is `missing_files`; otherwise null.
    files: Option<MissingFilesOut>,
}

/// Attached files that could not be read.
#[derive(Debug, Serialize, ToSchema)]
struct MissingFilesOut {
    count: u64,
    /// Names of the first of them.
    examples: Vec<String>,
}

impl From<&Losses> for LossesOut {
    fn from(losses: &Losses) -> Self {
        Self { count: losses.count, examples: losses.examples.iter().map(GapOut::from).collect() }
    }
}

impl From<&Gap> for GapOut {
    fn from(gap: &Gap) -> Self {
        let files = gap.files.as_ref();
        let files = files.map(|files| MissingFilesOut { count: files.count, examples: files.examples.clone() });
        Self { module: gap.module.clone(), field: gap.field.clone(), reason: gap.kind, files }
    }
}

/// A zip of a backup.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileOut {
    /// Name in links, and in the call that starts a download.
    #[schema(example = "Data_001.zip")]
    name: String,
    #[schema(value_type = FileKind)]
    kind: ArchiveKind,
    /// Size in bytes.
    size: u64,
    /// Number of zip entries.
    entries: u64,
    /// Number of CSV rows; null for attachments, and for zips of older versions.
    rows: Option<u64>,
    /// Number of attachments; null for data, and for zips of older versions.
    attachments: Option<u64>,
    /// Null for zips of older versions.
    checksum: Option<ChecksumOut>,
}

/// Checksum of the whole zip. The CRC-32 is combined from those of the zip's parts; the manifest inside contains a SHA-256 for every file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChecksumOut {
    #[schema(value_type = ChecksumAlgorithm)]
    algorithm: &'static str,
    /// Eight hexadecimal digits.
    #[schema(example = "0a1b2c3d")]
    value: String,
}

impl From<&ArchiveFile> for FileOut {
    fn from(file: &ArchiveFile) -> Self {
        let counts = |kind| file.counted.filter(|_| file.kind == kind);
        Self {
            name: file.name.clone(),
            kind: file.kind,
            size: file.size,
            entries: file.entries,
            rows: counts(ArchiveKind::Data),
            attachments: counts(ArchiveKind::Attachments),
            checksum: file.crc32.map(|crc32| ChecksumOut { algorithm: "CRC-32", value: format!("{crc32:08x}") }),
        }
    }
}
