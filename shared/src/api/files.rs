//! A backup and its zips as the API shows them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::{BackupStatus, ChecksumAlgorithm, FileKind, RepeatKind};
use super::{FailureOut, LocalTime, PersonOut, local_time};
use crate::domain::backup::{ArchiveFile, ArchiveKind, Backup, Failure, Status};
use crate::domain::rule::RepeatType;

/// A backup.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupOut {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = RepeatKind)]
    repeat: RepeatType,
    #[schema(value_type = BackupStatus)]
    status: Status,
    requester: PersonOut,
    created_time: LocalTime,
    finished_time: Option<LocalTime>,
    /// When its files are gone.
    expiry_date: LocalTime,
    /// Whether its files can be downloaded now.
    downloadable: bool,
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    files: Vec<FileOut>,
}

impl BackupOut {
    /// Shows a backup as it is at that time, with times in that zone.
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
    /// Its name in links and in the call that starts a download.
    #[schema(example = "Data_001.zip")]
    name: String,
    #[schema(value_type = FileKind)]
    kind: ArchiveKind,
    /// Bytes.
    size: u64,
    /// Entries in it.
    entries: u64,
    /// Rows of its CSV files; null for attachments, and for zips of older versions.
    rows: Option<u64>,
    /// Attachments in it; null for data, and for zips of older versions.
    attachments: Option<u64>,
    /// Null for zips of older versions.
    checksum: Option<ChecksumOut>,
}

/// A checksum of the whole zip. CRC-32 follows from what the zip is composed of; the manifest inside has SHA-256 for every file.
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
