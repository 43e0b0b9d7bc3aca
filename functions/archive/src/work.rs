//! The work objects of a run, which pass data from `plan` to `pack` and `assemble`. They are stored under `work/` and
//! deleted at the end of the run.

use std::ops::Range;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::zip::ZipEntry;
use hozon_shared::domain::comparison::Comparison;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::source::Gap;
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PortError, SourceInfo, read_all};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::run::Run;
use crate::task_error::TaskErrorKind;

const JSON: &str = "application/json";

/// Number of the form of [`RunPlan`]. A run that an older version has planned is not continued.
pub const PLAN_FORMAT: u32 = 2;

/// What a run backs up, frozen by the task `plan`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunPlan {
    /// [`PLAN_FORMAT`] at the time of planning.
    pub format: u32,
    /// The organisation at the time of planning.
    pub organisation: Organisation,
    pub source: SourceInfo,
    /// What the source has and the run has not captured.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// Sequences of the source that belong to no table.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// Descriptions of the source beyond its modules, each with its name.
    #[serde(default)]
    pub metadata: Vec<(String, Value)>,
    /// When the CRM was first read.
    pub read_from: DateTime<Utc>,
    /// Until when changes are contained, where that is not until the zips are made.
    #[serde(default)]
    pub read_until: Option<DateTime<Utc>>,
    /// All modules, including those that are left out.
    pub modules: Vec<Module>,
    /// The CSV files in the order of their entries.
    pub csv_files: Vec<CsvFile>,
    /// Total amount of work. Its items are the CSV files, and the packs and large files of attachments.
    pub total: Amount,
    /// What differs since the previous backup.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Maximum size of a zip; `None` means no limit.
    #[serde(default)]
    pub max_zip_bytes: Option<u64>,
}

/// A CSV file of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CsvFile {
    /// The module's API name.
    pub module: String,
    /// Path of the entry.
    pub path: String,
    /// Number of rows.
    pub rows: u64,
    pub content: CsvContent,
}

/// What a CSV file is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CsvContent {
    /// Blocks of the module, by number.
    Blocks(Range<usize>),
    /// Rows that the task `pack` writes, because the organisation wants another form than that of blocks, or fewer rows in a
    /// file than a block has.
    Packed {
        /// Number of the work item.
        item: u64,
    },
}

/// Items for one invocation of `pack`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch {
    /// At least one item.
    pub items: Vec<WorkItem>,
}

/// A range of a module's rows to be written as one CSV file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkItem {
    /// Number of the item, from 0.
    pub number: u64,
    /// Amount of work.
    pub weight: Amount,
    /// The module's API name.
    pub module: String,
    /// Path of the entry.
    pub path: String,
    /// Number of the first row, from 0.
    pub first: u64,
    /// Number of rows.
    pub rows: u64,
}

/// A zip entry that the task `pack` has written as a work object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PackedCsv {
    /// Size and checksum of the object.
    pub sum: Checksum,
    /// Values for the zip's directory.
    pub entry: ZipEntry,
    /// SHA-256 of the uncompressed bytes as lower-case hexadecimal digits.
    pub sha256: String,
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

    /// Location of an item's zip entry.
    pub fn packed_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("packed/{item:08}.bin"))
    }

    /// Location of the description of that entry, which is written when it is complete.
    pub fn packed_note_at(&self, item: u64) -> ObjectRef {
        self.work(&format!("packed/{item:08}.json"))
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

    /// Reads the plan.
    pub async fn plan(&self) -> Result<RunPlan, TaskErrorKind> {
        let found = self.planned().await?;
        found.ok_or_else(|| PortError::new(ErrorKind::NotFound, "read a work document").into())
    }

    /// Reads the plan; `None` if it is not made yet.
    pub async fn planned(&self) -> Result<Option<RunPlan>, TaskErrorKind> {
        #[derive(Deserialize)]
        struct Formed {
            format: Option<u32>,
        }
        match self.read::<Formed>(&self.plan_at()).await? {
            None => Ok(None),
            Some(Formed { format: Some(PLAN_FORMAT) }) => self.read(&self.plan_at()).await,
            Some(_) => Err(TaskErrorKind::Updated),
        }
    }

    /// Deletes all objects with a prefix.
    pub async fn clear(&self, prefix: &str) -> Result<(), TaskErrorKind> {
        let keys = self.ports.objects.list(Bucket::Archives, prefix).await?;
        Ok(self.ports.objects.delete_all(Bucket::Archives, &keys).await?)
    }
}
