//! The life of one backup: what may follow what.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::allowance::Claim;
use super::id::{BackupId, OrgId};
use super::organisation::Person;
use super::progress::Amount;
use super::rule::RepeatType;

/// How long links work, counted from the backup's creation (R6).
pub const LINK_LIFE: Duration = Duration::days(7);

/// How long an execution may take to begin before the sweep looks whether there is one.
const BEGINS_WITHIN: Duration = Duration::minutes(2);

/// Where a backup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Being made.
    Inprogress,
    /// Made; its files can be downloaded until it expires.
    Completed,
    /// Not made; nothing can be downloaded.
    Failed,
}

/// What a zip holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// Records as CSV, field metadata, manifest.
    Data,
    /// Attachments and their index.
    Attachments,
}

/// One finished zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFile {
    /// What it holds.
    pub kind: ArchiveKind,
    /// Its name for users, for example `Data_001.zip`.
    pub name: String,
    /// Its key in the archives bucket.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Entries in it.
    pub entries: u64,
    /// Rows of its CSV files, or attachments in it; none where an older version has made it.
    #[serde(default)]
    pub counted: Option<u64>,
    /// CRC-32 of the whole zip; none where an older version has made it.
    #[serde(default)]
    pub crc32: Option<u32>,
}

/// Why a backup failed, in words that help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code, for example `ATTACHMENT_MISSING`.
    pub code: String,
    /// What went wrong and what to do.
    pub message: String,
    /// Where, if it is one record or file that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<FailureSubject>,
}

/// The place in the CRM at which a backup failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSubject {
    /// The module's API name.
    pub module: String,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Failure {
    /// A failure that no single record or file caused.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), subject: None }
    }

    /// The run has ended, or was never there, and no task could say why.
    pub fn silent() -> Self {
        let message = "The run ended without saying why. Back up again; if it happens again, report it to the operator.";
        Self::new("RUN_SILENT", message)
    }
}

/// One backup of an organisation. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The organisation.
    pub org: OrgId,
    /// Its id.
    pub id: BackupId,
    /// Who asked for it.
    pub requester: Person,
    /// Where it stands.
    pub status: Status,
    /// How often it comes round.
    #[serde(default = "immediate")]
    pub repeat: RepeatType,
    /// Name of the workflow execution that makes it; no other may.
    #[serde(default)]
    pub execution: String,
    /// When it was asked for; its links live until seven days later.
    pub created: DateTime<Utc>,
    /// When its run began.
    pub started: Option<DateTime<Utc>>,
    /// When it was completed or failed.
    pub finished: Option<DateTime<Utc>>,
    /// What it was paid with.
    pub claim: Claim,
    /// All of its work; known once it is planned.
    pub total: Option<Amount>,
    /// Its zips; empty until it is completed.
    pub files: Vec<ArchiveFile>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Zero before it is stored.
    pub version: u64,
}

fn immediate() -> RepeatType {
    RepeatType::Immediate
}

/// A transition that this backup's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a backup that is {0:?} cannot change so")]
pub struct NotAllowed(pub Status);

impl Backup {
    /// A backup just asked for.
    pub fn requested(org: OrgId, id: BackupId, requester: Person, claim: Claim, at: DateTime<Utc>) -> Self {
        Self {
            org,
            id,
            requester,
            repeat: RepeatType::Immediate,
            execution: format!("backup-{id}"),
            status: Status::Inprogress,
            created: at,
            started: None,
            finished: None,
            claim,
            total: None,
            files: Vec::new(),
            failure: None,
            version: 0,
        }
    }

    /// The same, made for a schedule by that execution, which has begun.
    #[must_use]
    pub fn for_schedule(self, repeat: RepeatType, execution: &str) -> Self {
        Self { repeat, execution: execution.to_owned(), started: Some(self.created), ..self }
    }

    /// When it counts as given up, if it is still being made: its workflow has ended by then (infra/archive.asl.json allows a day).
    pub fn given_up(&self) -> DateTime<Utc> {
        self.created + Duration::hours(25)
    }

    /// When the sweep is to look at it: soon while its run has not begun, because its execution may never have been started, and when it
    /// counts as given up after that. `None` once it has ended.
    pub fn looked_at(&self) -> Option<DateTime<Utc>> {
        match (self.status, self.started) {
            (Status::Inprogress, None) => Some(self.created + BEGINS_WITHIN),
            (Status::Inprogress, Some(_)) => Some(self.given_up()),
            _ => None,
        }
    }

    /// When its links stop working.
    pub fn expires(&self) -> DateTime<Utc> {
        self.created + LINK_LIFE
    }

    /// Marks the run as begun; a repeat keeps the first time.
    pub fn begin(mut self, at: DateTime<Utc>) -> Result<Self, NotAllowed> {
        self.require_in_progress()?;
        self.started.get_or_insert(at);
        Ok(self)
    }

    /// Records how much work there is.
    pub fn plan(mut self, total: Amount) -> Result<Self, NotAllowed> {
        self.require_in_progress()?;
        self.total = Some(total);
        Ok(self)
    }

    /// Completes it with its zips.
    pub fn complete(mut self, files: Vec<ArchiveFile>, at: DateTime<Utc>) -> Result<Self, NotAllowed> {
        self.require_in_progress()?;
        self.status = Status::Completed;
        self.finished = Some(at);
        self.files = files;
        Ok(self)
    }

    /// Ends it without files.
    pub fn fail(mut self, failure: Failure, at: DateTime<Utc>) -> Result<Self, NotAllowed> {
        self.require_in_progress()?;
        self.status = Status::Failed;
        self.finished = Some(at);
        self.failure = Some(failure);
        Ok(self)
    }

    /// Tells whether its files may be handed out at that time.
    pub fn can_be_downloaded(&self, now: DateTime<Utc>) -> bool {
        self.status == Status::Completed && now < self.expires()
    }

    fn require_in_progress(&self) -> Result<(), NotAllowed> {
        match self.status {
            Status::Inprogress => Ok(()),
            other => Err(NotAllowed(other)),
        }
    }
}
