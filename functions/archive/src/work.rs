//! The work objects of a run, which pass data from `plan` to `pack` and from `pack` to `assemble`. They are stored
//! under `work/` and deleted at the end of the run.

use std::ops::Range;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hozon_shared::archive::zip::ZipEntry;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{Attachment, Module};
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::source::Gap;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PortError, SourceInfo, read_all};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::run::Run;
use crate::task_error::TaskErrorKind;

const JSON: &str = "application/json";

/// What a run backs up, frozen by the task `plan`.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunPlan {
    /// The organisation at the time of planning.
    pub organisation: Organisation,
    /// The source, if the run has captured it; `None` for the native store.
    #[serde(default)]
    pub source: Option<SourceInfo>,
    /// What the source has and the run has not captured.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// When the CRM was first read.
    pub read_from: DateTime<Utc>,
    /// All modules, including those that are left out.
    pub modules: Vec<Module>,
    /// Number of items that are CSV files; these have the lowest numbers.
    pub csv_files: u64,
    /// Total number of items.
    pub items: u64,
    /// Sum of the items' weights.
    pub total: Amount,
    /// Maximum size of a zip; `None` means no limit.
    #[serde(default)]
    pub max_zip_bytes: Option<u64>,
}

/// Items for one invocation of `pack`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch {
    /// At least one item.
    pub items: Vec<WorkItem>,
}

/// A work item, which results in one segment. Items are numbered in the order of their entries in the zips.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkItem {
    /// Number of the item, from 0.
    pub number: u64,
    /// Amount of work.
    pub weight: Amount,
    pub work: Work,
}

/// The work of an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// A range of a module's rows, as one CSV file.
    Rows {
        /// The module's API name.
        module: String,
        /// Path of the entry.
        path: String,
        /// Number of the first row, from 0.
        first: u64,
        /// Number of rows.
        rows: u64,
    },
    /// Attachments of a module, listed in a work object of their own.
    Files {
        /// The module's API name.
        module: String,
    },
}

impl RunPlan {
    /// Returns the numbers of the items in zips of a kind.
    pub fn items_of(&self, kind: ArchiveKind) -> Range<u64> {
        match kind {
            ArchiveKind::Data => 0..self.csv_files,
            ArchiveKind::Attachments => self.csv_files..self.items,
        }
    }
}

/// An attachment with the path of its entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Path in the zip.
    pub path: String,
    pub attachment: Attachment,
}

/// Finished zip entries, one after the other in one object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Segment {
    /// Object key in the archives bucket. An earlier run may have created the object.
    pub key: String,
    /// Size of the object.
    pub size: u64,
    /// CRC-32 of the object; `None` if an older version created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// The rest of a stored attachment, which follows the object's bytes and is copied from the source's object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// Entries in order.
    pub entries: Vec<SegmentEntry>,
}

impl Segment {
    /// Size in the zip.
    pub fn zip_bytes(&self) -> u64 {
        self.size + self.tail.as_ref().map_or(0, |tail| tail.range.end - tail.range.start)
    }

    /// Size and checksum in the zip, if known.
    pub fn sum(&self) -> Option<Checksum> {
        let own = Checksum { size: self.size, crc32: self.crc32? };
        let Some(tail) = &self.tail else { return Some(own) };
        Some(own.followed_by(Checksum { size: tail.range.end - tail.range.start, crc32: tail.crc32? }))
    }
}

/// A range of a source object that the store copies into the zip.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tail {
    pub from: ObjectRef,
    /// Byte range.
    pub range: Range<u64>,
    /// CRC-32 of the range; `None` if an older version wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
}

/// An entry of a segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SegmentEntry {
    /// Values for the zip's directory.
    pub entry: ZipEntry,
    /// Position of the local header in the segment.
    pub offset: u64,
    /// SHA-256 of the uncompressed bytes as lower-case hexadecimal digits.
    pub sha256: String,
    /// The module's API name.
    pub module: String,
    /// Number of CSV rows; only for CSV files.
    pub rows: Option<u64>,
    /// The attachment; only for attachment files.
    pub attachment: Option<Attachment>,
}

impl Run<'_> {
    /// Key prefix of the run's work objects.
    pub fn work_prefix(&self) -> String {
        format!("work/{}/{}/", self.org, self.backup)
    }

    /// Location of the plan.
    pub fn plan_at(&self) -> ObjectRef {
        self.work("plan.json")
    }

    /// Location of the list of batches, for the state machine's map state.
    pub fn batches_at(&self) -> ObjectRef {
        self.work("batches.json")
    }

    /// Location of the attachment list of an item.
    pub fn files_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("files/{item:08}.json"))
    }

    /// Location of an item's entry list, which is written when its segment is complete.
    pub fn entries_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("segments/{item:08}.json"))
    }

    /// Location of the list of finished zips.
    pub fn archives_at(&self) -> ObjectRef {
        self.work("archives.json")
    }

    /// Key prefix of the backup's zips.
    pub fn archive_prefix(&self) -> String {
        format!("archives/{}/{}/", self.org, self.backup)
    }

    /// Location of a work object.
    pub fn work(&self, name: &str) -> ObjectRef {
        ObjectRef::archives(format!("{}{name}", self.work_prefix()))
    }

    /// Writes a work document.
    pub async fn write<T: Serialize>(&self, at: &ObjectRef, document: &T) -> Result<(), TaskErrorKind> {
        let json = serde_json::to_vec(document)
            .map_err(|error| TaskErrorKind::WorkDamaged { document: "A work document", source: error })?;
        Ok(self.ports.objects.put(at, Bytes::from(json), JSON).await?)
    }

    /// Reads a work document; returns `None` if it does not exist yet.
    pub async fn read<T: DeserializeOwned>(&self, at: &ObjectRef) -> Result<Option<T>, TaskErrorKind> {
        let json = match read_all(&*self.ports.objects, at).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| TaskErrorKind::WorkDamaged { document: "A work document", source: error })
    }

    /// Reads a work document that an earlier task has written.
    pub async fn read_required<T: DeserializeOwned>(&self, at: &ObjectRef) -> Result<T, TaskErrorKind> {
        let missing = || PortError::new(ErrorKind::NotFound, "read a work document");
        self.read(at).await?.ok_or_else(|| missing().into())
    }

    /// Deletes all objects with a prefix.
    pub async fn clear(&self, prefix: &str) -> Result<(), TaskErrorKind> {
        let keys = self.ports.objects.list(Bucket::Archives, prefix).await?;
        Ok(self.ports.objects.delete_all(Bucket::Archives, &keys).await?)
    }
}
