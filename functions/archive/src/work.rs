//! The work objects of a run: what `plan` hands to `pack`, and `pack` to `assemble`. They live under `work/` and are deleted at the end.

use std::ops::Range;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::archive::zip::Entry;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{Attachment, Module};
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PortError, read_all};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::{Run, TaskError};

const JSON: &str = "application/json";
/// Deletions under way at the same time.
const DELETIONS: usize = 16;

/// What a run backs up, frozen when it was planned.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The organisation as it was then.
    pub organisation: Organisation,
    /// When the CRM was read first.
    pub read_from: DateTime<Utc>,
    /// All modules, those left out included.
    pub modules: Vec<Module>,
    /// How many items are CSV files: those with the first numbers.
    pub csv_files: u64,
    /// How many items there are.
    pub items: u64,
    /// The sum of their weights.
    pub total: Amount,
    /// Most bytes of a zip; none where there is no limit.
    #[serde(default)]
    pub max_zip_bytes: Option<u64>,
}

/// Items for one call of `pack`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch {
    /// At least one.
    pub items: Vec<Item>,
}

/// One work item; its result is one segment. Items are numbered in the order of their entries in the zips.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Its number, from 0.
    pub number: u64,
    /// How much work it is.
    pub weight: Amount,
    /// What to do.
    pub work: Work,
}

/// What an item consists of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Some rows of a module, as one CSV file.
    Rows {
        /// The module's API name.
        module: String,
        /// The entry's path.
        path: String,
        /// Number of the first row, from 0.
        first: u64,
        /// Number of rows.
        rows: u64,
    },
    /// Attachments of a module; they are listed in an object of their own.
    Files {
        /// The module's API name.
        module: String,
    },
}

impl Plan {
    /// Numbers of the items whose entries make up a zip.
    pub fn items_of(&self, kind: ArchiveKind) -> Range<u64> {
        match kind {
            ArchiveKind::Data => 0..self.csv_files,
            ArchiveKind::Attachments => self.csv_files..self.items,
        }
    }
}

/// An attachment and the path of its entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Path in the zip.
    pub path: String,
    /// The attachment.
    pub attachment: Attachment,
}

/// Finished zip entries, one after the other in one object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Segment {
    /// Key of the object, in the archives bucket. It may be of an earlier run.
    pub key: String,
    /// Bytes of the object.
    pub size: u64,
    /// Their CRC-32; none where an older version has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// What follows the object's bytes: the rest of a stored attachment, where the source keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// Its entries, in order.
    pub entries: Vec<SegmentEntry>,
}

impl Segment {
    /// Bytes in the zip.
    pub fn zip_bytes(&self) -> u64 {
        self.size + self.tail.as_ref().map_or(0, |tail| tail.range.end - tail.range.start)
    }

    /// Size and checksum of what it is in the zip, where they are known.
    pub fn sum(&self) -> Option<Checksum> {
        let own = Checksum { size: self.size, crc32: self.crc32? };
        let Some(tail) = &self.tail else { return Some(own) };
        Some(own.followed_by(Checksum { size: tail.range.end - tail.range.start, crc32: tail.crc32? }))
    }
}

/// A range of an object of the source that is copied into the zip, unread.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tail {
    /// The object.
    pub from: ObjectRef,
    /// The range, in bytes.
    pub range: Range<u64>,
    /// CRC-32 of those bytes; none where an older version has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
}

/// One entry of a segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SegmentEntry {
    /// For the zip's directory.
    pub entry: Entry,
    /// Where its local header begins in the segment.
    pub offset: u64,
    /// SHA-256 of the uncompressed bytes, in lower-case hex.
    pub sha256: String,
    /// The module's API name.
    pub module: String,
    /// CSV rows, for a CSV file.
    pub rows: Option<u64>,
    /// The attachment, for a file.
    pub attachment: Option<Attachment>,
}

impl Run<'_> {
    /// Prefix of all work objects of this run.
    pub fn work_prefix(&self) -> String {
        format!("work/{}/{}/", self.org, self.backup)
    }

    /// The plan.
    pub fn plan_at(&self) -> ObjectRef {
        self.work("plan.json")
    }

    /// The list of batches of items, for the state machine's map.
    pub fn batches_at(&self) -> ObjectRef {
        self.work("batches.json")
    }

    /// The attachments of an item.
    pub fn files_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("files/{item:08}.json"))
    }

    /// The list of an item's entries; it is written when the segment is whole.
    pub fn entries_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("segments/{item:08}.json"))
    }

    /// The list of finished zips.
    pub fn archives_at(&self) -> ObjectRef {
        self.work("archives.json")
    }

    /// Prefix of this backup's zips.
    pub fn archive_prefix(&self) -> String {
        format!("archives/{}/{}/", self.org, self.backup)
    }

    /// A work object of that name.
    pub fn work(&self, name: &str) -> ObjectRef {
        ObjectRef::archives(format!("{}{name}", self.work_prefix()))
    }

    /// Writes a work document.
    pub async fn write<T: Serialize>(&self, at: &ObjectRef, document: &T) -> Result<(), TaskError> {
        let json = serde_json::to_vec(document).map_err(|error| TaskError::damaged("A work document", error))?;
        Ok(self.ports.objects.put(at, Bytes::from(json), JSON).await?)
    }

    /// Reads a work document; `None` when it is not there yet.
    pub async fn read<T: DeserializeOwned>(&self, at: &ObjectRef) -> Result<Option<T>, TaskError> {
        let json = match read_all(&*self.ports.objects, at).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        serde_json::from_slice(&json).map(Some).map_err(|error| TaskError::damaged("A work document", error))
    }

    /// Reads a work document that an earlier task has written.
    pub async fn read_required<T: DeserializeOwned>(&self, at: &ObjectRef) -> Result<T, TaskError> {
        let missing = || PortError::new(ErrorKind::NotFound, "read a work document");
        self.read(at).await?.ok_or_else(|| missing().into())
    }

    /// Deletes all objects with a prefix.
    pub async fn clear(&self, prefix: &str) -> Result<(), TaskError> {
        let keys = self.ports.objects.list(Bucket::Archives, prefix).await?;
        let deleting = stream::iter(keys).map(async |key| self.ports.objects.delete(&ObjectRef::archives(key)).await);
        Ok(deleting.buffer_unordered(DELETIONS).try_collect().await?)
    }
}
