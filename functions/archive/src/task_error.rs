//! What can go wrong in a task, in codes and words that an administrator can act on.

use hozon_shared::domain::backup::{BackupTransitionError, Failure, FailureSubject};
use hozon_shared::ports::{ErrorKind, PortError};

/// Code of a run that must wait for another.
const BUSY: &str = "BUSY";

/// Code of a run that found no room left.
pub(crate) const STORAGE_FULL: &str = "STORAGE_FULL";

/// Code of a run whose data is gone.
const DATA_MISSING: &str = "DATA_MISSING";

/// Code of a run whose request the store did not take.
const STORAGE_REFUSED: &str = "STORAGE_REFUSED";

/// Code of a run that found stored data other than it was written.
const DATA_DAMAGED: &str = "DATA_DAMAGED";

/// Code of a run whose own work objects are not as it wrote them.
const WORK_DAMAGED: &str = "WORK_DAMAGED";

/// A failed task. The message names no customers' rows; it may name a module, a record and a file.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct TaskError {
    /// Stable code.
    pub code: &'static str,
    /// What went wrong and what to do.
    pub message: String,
    /// Whether the same task may succeed if it is tried again.
    pub retryable: bool,
    /// The module, record and file at fault, where it is one of them.
    pub subject: Option<FailureSubject>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TaskError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: false, subject: None, source: None }
    }

    /// The name that the state machine's Retry and Catch see.
    pub fn error_type(&self) -> &'static str {
        match (self.code, self.retryable) {
            (BUSY, _) => "Busy",
            (_, true) => "Retryable",
            (code, false) => code,
        }
    }

    /// Whether what was read is not what was written.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self.code, DATA_DAMAGED | WORK_DAMAGED)
    }

    /// Whether the store refused, as it does a range that an object does not have.
    pub(crate) fn is_refused_range(&self) -> bool {
        self.code == STORAGE_REFUSED
    }

    /// Whether an object was not there.
    pub(crate) fn is_missing_data(&self) -> bool {
        self.code == DATA_MISSING
    }

    /// As the backup keeps it.
    pub fn failure(&self) -> Failure {
        Failure { subject: self.subject.clone(), ..Failure::new(self.code, &self.message) }
    }

    /// The chain of causes, for the log.
    pub(crate) fn cause(&self) -> String {
        let mut causes = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes.join(": ")
    }

    pub(crate) fn bad_input(source: serde_json::Error) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new("BAD_TASK", "The state machine called with an input that no task takes.")
        }
    }

    pub(crate) fn busy() -> Self {
        Self::new(BUSY, "Another backup is being made.")
    }

    pub(crate) fn unknown_organisation() -> Self {
        Self::new("ORGANISATION_UNKNOWN", "The organisation does not exist.")
    }

    pub(crate) fn unknown_backup() -> Self {
        Self::new("BACKUP_UNKNOWN", "The backup does not exist.")
    }

    pub(crate) fn attachment_missing(module: &str, record: &str, file: &str) -> Self {
        let message = format!(
            "The file {file:?} of record {record} in {module} is missing in the CRM's storage. Restore it or delete the \
             attachment, then back up again."
        );
        Self { subject: Some(of_file(module, record, file)), ..Self::new("ATTACHMENT_MISSING", message) }
    }

    pub(crate) fn attachment_changed(module: &str, record: &str, file: &str) -> Self {
        let message =
            format!("The file {file:?} of record {record} in {module} has another size than its entry says. Back up again.");
        Self { subject: Some(of_file(module, record, file)), ..Self::new("ATTACHMENT_CHANGED", message) }
    }

    pub(crate) fn rows_changed(module: &str) -> Self {
        let message = format!("{module} gave another number of records than it announced. Back up again.");
        let subject = Some(FailureSubject { module: module.to_owned(), record: None, file: None });
        Self { subject, ..Self::new("ROWS_CHANGED", message) }
    }

    pub(crate) fn segment_damaged(file: &str) -> Self {
        let message = format!("What was stored of {file:?} has been damaged and was deleted. Back up again: it is made anew.");
        Self::new(WORK_DAMAGED, message)
    }

    pub(crate) fn damaged(what: &'static str, source: serde_json::Error) -> Self {
        Self { source: Some(source.into()), ..Self::new(WORK_DAMAGED, format!("{what} cannot be read. Back up again.")) }
    }

    pub(crate) fn stopped() -> Self {
        Self { retryable: true, ..Self::new("WORKER_STOPPED", "A worker stopped before its work was done. Back up again.") }
    }
}

fn of_file(module: &str, record: &str, file: &str) -> FailureSubject {
    FailureSubject { module: module.to_owned(), record: Some(record.to_owned()), file: Some(file.to_owned()) }
}

impl From<PortError> for TaskError {
    fn from(error: PortError) -> Self {
        let retryable = matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Conflict);
        let (code, message) = match error.kind {
            ErrorKind::Unavailable => (
                "STORAGE_UNAVAILABLE",
                "The storage did not take or give data; it is busy or out of reach. Check it, then back up again.",
            ),
            ErrorKind::Full => {
                (STORAGE_FULL, "The storage is full: its disk or quota has no room left. Make room, then back up again.")
            }
            ErrorKind::Exhausted => (
                "OPEN_FILES_LIMIT",
                "The program may not open more files. Raise its limit (`ulimit -n`, or LimitNOFILE of its service), then back up again.",
            ),
            ErrorKind::Refused => {
                (STORAGE_REFUSED, "The storage refused the service. Check its permissions, then back up again.")
            }
            ErrorKind::NotFound => (DATA_MISSING, "Data that the run needs is gone. Back up again."),
            ErrorKind::Conflict => ("CONFLICT", "Another task changed the backup at the same time. Back up again."),
            ErrorKind::Corrupt => (DATA_DAMAGED, "Stored data cannot be read. Report this to the operator of the service."),
        };
        Self { retryable, source: Some(error.into()), ..Self::new(code, message) }
    }
}

impl From<BackupTransitionError> for TaskError {
    fn from(error: BackupTransitionError) -> Self {
        Self { source: Some(error.into()), ..Self::new("NOT_RUNNING", "The backup has already ended.") }
    }
}
