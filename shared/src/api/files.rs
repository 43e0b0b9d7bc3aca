//! The representation of backups and their zips.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::{BackupStatusName, ChecksumAlgorithm, FileKind, RepeatKind};
use super::{FailureOut, LocalTime, PersonOut, local_time};
use crate::domain::backup::{ArchiveFile, ArchiveKind, Backup, BackupStatus, Failure};
use crate::domain::rule::RepeatType;

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
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
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
            failure: backup.failure.clone(),
            files: backup.files.iter().map(FileOut::from).collect(),
        }
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
