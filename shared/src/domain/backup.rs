//! The lifecycle of a backup: its states and the transitions between them.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::allowance::Claim;
use super::archive_options::ArchiveLayout;
use super::comparison::ChangeSummary;
use super::drill::BackupDrill;
use super::id::{BackupId, OrgId};
use super::organisation::Person;
use super::progress::Amount;
use super::remake::Remake;
use super::rule::RepeatType;
use super::run_length::RunLength;
use super::source::Losses;

pub use super::failure::{Failure, FailureSubject};

/// How long download links work, counted from when the zips were made.
pub const LINK_LIFE: Duration = Duration::days(7);

/// How long before its links expire somebody is reminded of a backup that nobody has downloaded.
const REMINDED_BEFORE: Duration = Duration::days(1);

/// How long an execution may take to begin before the sweep checks whether it exists.
const BEGINS_WITHIN: Duration = Duration::minutes(2);

/// State of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BackupStatus {
    /// The run is in progress.
    Inprogress,
    /// The files can be downloaded until the backup expires.
    Completed,
    /// The run failed; no files exist.
    Failed,
    /// An administrator cancelled the run; no files exist.
    Cancelled,
}

/// Kind of content in a zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// Records as CSV, field metadata and the manifest.
    Data,
    /// Attachments and their index.
    Attachments,
}

/// A finished zip of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFile {
    pub kind: ArchiveKind,
    /// File name shown to users, for example `Data_001.zip`.
    pub name: String,
    /// Object key in the archives bucket.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// Number of zip entries.
    pub entries: u64,
    /// Number of CSV rows or attachments in the zip; `None` if an older version wrote it.
    #[serde(default)]
    pub counted: Option<u64>,
    /// CRC-32 of the whole zip; `None` if an older version wrote it.
    #[serde(default)]
    pub crc32: Option<u32>,
}

/// The zips of a backup, and what is known of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeZips {
    pub files: Vec<ArchiveFile>,
    /// What they lack of the source; `None` if they are complete.
    pub losses: Option<Losses>,
    /// What differs since the previous backup.
    pub changes: Option<ChangeSummary>,
}

/// One backup of an organisation. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    pub org: OrgId,
    pub id: BackupId,
    pub requester: Person,
    pub status: BackupStatus,
    /// How often the schedule behind it repeats; `Immediate` for an on-demand backup.
    #[serde(default = "immediate")]
    pub repeat: RepeatType,
    /// Name of the only workflow execution that may make this backup.
    #[serde(default)]
    pub execution: String,
    /// When the backup was requested.
    pub created: DateTime<Utc>,
    /// When the sweep fails the backup if it has not ended. `None` if an older version wrote it, whose runs lasted a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_end: Option<DateTime<Utc>>,
    /// When its run began.
    pub started: Option<DateTime<Utc>>,
    /// When its zips were complete, or when it failed or was cancelled. Its links expire seven days later.
    pub finished: Option<DateTime<Utc>>,
    /// The allowance that it consumed.
    pub claim: Claim,
    /// Total amount of work; known once the run is planned.
    pub total: Option<Amount>,
    /// Finished zips; empty until the backup completes.
    pub files: Vec<ArchiveFile>,
    /// Layout of its zips, if one was asked for; `None` for that of the organisation's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<ArchiveLayout>,
    /// What it lacks of its source; `None` if it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub losses: Option<Losses>,
    /// What differs since the previous backup; `None` until it is completed, or if an older version completed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeSummary>,
    /// Number of the signed statement about its zips; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<u64>,
    /// What is known of its zips if an erasure has deleted the first ones, to have them made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remake: Option<Remake>,
    /// What is known of its last drill; `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<BackupDrill>,
    /// When it was decided whether to remind somebody of it; `None` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<DateTime<Utc>>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Zero before the backup is first stored.
    pub version: u64,
}

/// How often the schedule of a backup repeats where an older version did not store it.
pub(super) fn immediate() -> RepeatType {
    RepeatType::Immediate
}

/// Error returned when the current status does not allow a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a backup in status {0:?} does not allow this change")]
pub struct BackupTransitionError(pub BackupStatus);

impl Backup {
    /// Creates a backup that was just requested.
    pub fn requested(org: OrgId, id: BackupId, requester: Person, claim: Claim, at: DateTime<Utc>) -> Self {
        Self {
            org,
            id,
            requester,
            repeat: RepeatType::Immediate,
            execution: format!("backup-{id}"),
            status: BackupStatus::Inprogress,
            created: at,
            must_end: Some(RunLength::default().deadline(at)),
            started: None,
            finished: None,
            claim,
            total: None,
            files: Vec::new(),
            layout: None,
            losses: None,
            changes: None,
            statement: None,
            remake: None,
            drill: None,
            reminded: None,
            failure: None,
            version: 0,
        }
    }

    /// Sets how long its run may last.
    #[must_use]
    pub fn within(self, length: RunLength) -> Self {
        Self { must_end: Some(length.deadline(self.created)), ..self }
    }

    /// Marks the backup as started for a schedule by the given execution, which is already running.
    #[must_use]
    pub fn for_schedule(self, repeat: RepeatType, execution: &str) -> Self {
        Self { repeat, execution: execution.to_owned(), started: Some(self.created), ..self }
    }

    /// Deadline after which an unfinished backup is treated as failed. Its execution has ended by then, because
    /// infra/archive.asl.json limits it to the same [`RunLength`].
    pub fn deadline(&self) -> DateTime<Utc> {
        self.must_end.unwrap_or_else(|| RunLength::days(1).deadline(self.created))
    }

    /// Returns whether the backup is in progress although its execution has ended by now. It keeps no other backup from being made.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.status == BackupStatus::Inprogress && self.deadline() <= now
    }

    /// When the sweep next checks this backup: shortly after its creation while the run has not begun, because its
    /// execution may be missing, and at the deadline after that. Once it is completed: when its zips are to be made anew, or when somebody may
    /// have to be reminded of it. `None` if there is nothing more to do.
    pub fn next_check(&self) -> Option<DateTime<Utc>> {
        match (self.status, self.started) {
            (BackupStatus::Inprogress, None) => Some(self.created + BEGINS_WITHIN),
            (BackupStatus::Inprogress, Some(_)) => Some(self.deadline()),
            _ => self.remake.as_ref().and_then(Remake::next_check).or_else(|| self.reminder()),
        }
    }

    /// When somebody is reminded of the backup if nobody has downloaded it. `None` if it has no zips, or once that was decided.
    pub fn reminder(&self) -> Option<DateTime<Utc>> {
        let is_offered = self.status == BackupStatus::Completed && !self.files.is_empty();
        (is_offered && self.reminded.is_none()).then(|| self.expires() - REMINDED_BEFORE)
    }

    /// When the download links expire.
    pub fn expires(&self) -> DateTime<Utc> {
        self.finished.unwrap_or(self.created) + LINK_LIFE
    }

    /// Returns whether the backup has ended and its zips are to be deleted.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.status != BackupStatus::Inprogress && self.expires() <= now
    }

    /// Marks the run as begun. A repeated call keeps the first time.
    pub fn begin(mut self, at: DateTime<Utc>) -> Result<Self, BackupTransitionError> {
        self.require_in_progress()?;
        self.started.get_or_insert(at);
        Ok(self)
    }

    /// Records the total amount of work.
    pub fn plan(mut self, total: Amount) -> Result<Self, BackupTransitionError> {
        self.require_in_progress()?;
        self.total = Some(total);
        Ok(self)
    }

    /// Completes the backup with its zips.
    pub fn complete(mut self, made: MadeZips, at: DateTime<Utc>) -> Result<Self, BackupTransitionError> {
        self.require_in_progress()?;
        self.status = BackupStatus::Completed;
        self.finished = Some(at);
        (self.files, self.losses, self.changes) = (made.files, made.losses, made.changes);
        Ok(self)
    }

    /// Ends the backup without files.
    pub fn fail(mut self, failure: Failure, at: DateTime<Utc>) -> Result<Self, BackupTransitionError> {
        self.require_in_progress()?;
        self.status = BackupStatus::Failed;
        self.finished = Some(at);
        self.failure = Some(failure);
        Ok(self)
    }

    /// Ends the backup without files, as an administrator wishes. Its run notices that with its next step.
    pub fn cancel(mut self, at: DateTime<Utc>) -> Result<Self, BackupTransitionError> {
        self.require_in_progress()?;
        self.status = BackupStatus::Cancelled;
        self.finished = Some(at);
        Ok(self)
    }

    /// Fails unless the backup is in progress.
    pub fn require_in_progress(&self) -> Result<(), BackupTransitionError> {
        match self.status {
            BackupStatus::Inprogress => Ok(()),
            other => Err(BackupTransitionError(other)),
        }
    }

    /// Returns whether the files may be downloaded at `now`.
    pub fn can_be_downloaded(&self, now: DateTime<Utc>) -> bool {
        self.status == BackupStatus::Completed && now < self.expires()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;

    fn requested(at: DateTime<Utc>) -> Backup {
        let person = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
        Backup::requested(OrgId(1), BackupId(2), person, Claim::Unlimited, at)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn links_expire_seven_days_after_the_zips_were_made_however_long_the_run_took() {
        let made = at("2026-12-06T04:00:00Z");
        let backup = requested(at("2026-11-30T04:00:00Z")).complete(MadeZips::default(), made).expect("completes");
        assert_eq!(backup.expires(), at("2026-12-13T04:00:00Z"));
        assert!(backup.can_be_downloaded(at("2026-12-13T03:59:59Z")) && !backup.is_expired(at("2026-12-13T03:59:59Z")));
        assert!(!backup.can_be_downloaded(at("2026-12-13T04:00:00Z")) && backup.is_expired(at("2026-12-13T04:00:00Z")));
    }

    #[test]
    fn zips_of_a_run_in_progress_never_expire() {
        let backup = requested(at("2026-11-30T04:00:00Z")).within(RunLength::MAX);
        assert!(!backup.is_expired(at("2026-12-20T04:00:00Z")) && !backup.is_overdue(at("2026-12-20T04:00:00Z")));
    }

    #[test]
    fn a_reminder_is_due_once_and_only_where_there_is_something_to_download() {
        let made = at("2026-12-06T04:00:00Z");
        let file = ArchiveFile {
            kind: ArchiveKind::Data,
            name: "Data_001.zip".to_owned(),
            key: String::new(),
            size: 1,
            entries: 1,
            counted: None,
            crc32: None,
        };
        let zips = MadeZips { files: vec![file], ..MadeZips::default() };
        let backup = requested(at("2026-12-06T03:00:00Z")).complete(zips, made).expect("completes");
        assert_eq!(backup.next_check(), Some(at("2026-12-12T04:00:00Z")), "a day before the links expire");
        assert_eq!(Backup { reminded: Some(made), ..backup.clone() }.next_check(), None);
        assert_eq!(Backup { files: Vec::new(), ..backup }.next_check(), None);
        assert_eq!(requested(made).cancel(made).expect("cancels").next_check(), None);
    }

    #[test]
    fn a_backup_is_overdue_after_the_length_of_its_run() {
        let backup = requested(at("2026-11-30T04:00:00Z")).within(RunLength::days(2));
        assert!(!backup.is_overdue(at("2026-12-02T04:59:59Z")));
        assert!(backup.is_overdue(at("2026-12-02T05:00:00Z")));
        assert!(
            !backup.fail(Failure::silent(), at("2026-12-01T00:00:00Z")).expect("fails").is_overdue(at("2027-01-01T00:00:00Z"))
        );
    }

    #[test]
    fn only_a_backup_in_progress_can_be_cancelled_and_then_nothing_completes_it() {
        let at = at("2026-11-30T05:00:00Z");
        let cancelled = requested(at).cancel(at).expect("cancels");
        assert_eq!((cancelled.status, cancelled.finished, cancelled.next_check()), (BackupStatus::Cancelled, Some(at), None));
        let refused = BackupTransitionError(BackupStatus::Cancelled);
        assert_eq!(cancelled.clone().complete(MadeZips::default(), at), Err(refused));
        assert_eq!(cancelled.clone().fail(Failure::silent(), at), Err(refused));
        assert_eq!(cancelled.cancel(at), Err(refused));
        let ready = requested(at).complete(MadeZips::default(), at).expect("completes");
        assert_eq!(ready.cancel(at), Err(BackupTransitionError(BackupStatus::Completed)));
    }

    #[test]
    fn a_backup_of_an_older_version_is_overdue_after_a_day() {
        let mut stored = serde_json::to_value(requested(at("2026-11-30T04:00:00Z"))).expect("JSON");
        stored.as_object_mut().expect("an object").remove("must_end");
        let backup: Backup = serde_json::from_value(stored).expect("a backup");
        assert_eq!(backup.deadline(), at("2026-12-01T05:00:00Z"));
    }
}
