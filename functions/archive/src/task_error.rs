//! Errors of a task. Each kind has a stable code and a sentence that tells an administrator what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use hozon_shared::domain::backup::{BackupTransitionError, Failure, FailureSubject};
use hozon_shared::ports::{ErrorKind, PortError};
use hozon_shared::telemetry::Causes;
use tokio::task::{JoinError, JoinHandle};

/// Code of a run that found no room left.
pub(crate) const STORAGE_FULL: &str = "STORAGE_FULL";
/// Code of a run whose own work objects are not as it wrote them.
const WORK_DAMAGED: &str = "WORK_DAMAGED";
/// Code of a run whose data is not there.
const DATA_MISSING: &str = "DATA_MISSING";
/// Code of a run whose data is not as it was stored.
const DATA_DAMAGED: &str = "DATA_DAMAGED";

/// The task that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The call was not read, so that its task is unknown.
    Call,
    Begin,
    Plan,
    Pack,
    Assemble,
    Finish,
    Fail,
}

impl Stage {
    /// Returns the name that the state machine calls the task by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Begin => "begin",
            Self::Plan => "plan",
            Self::Pack => "pack",
            Self::Assemble => "assemble",
            Self::Finish => "finish",
            Self::Fail => "fail",
        }
    }
}

/// A failed task.
#[derive(Debug, thiserror::Error)]
#[error("{} failed with {}", .stage.name(), .kind.code())]
pub struct TaskError {
    /// Where the run was.
    pub stage: Stage,
    /// What went wrong.
    #[source]
    pub kind: TaskErrorKind,
    /// When to try again, if a service said so.
    pub retry_after: Option<Duration>,
}

impl TaskError {
    /// An error of that stage.
    pub(crate) fn new(stage: Stage, kind: TaskErrorKind) -> Self {
        let retry_after = kind.retry_after();
        Self { stage, kind, retry_after }
    }

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns the name that the state machine's Retry and Catch see.
    pub fn error_type(&self) -> &'static str {
        match (&self.kind, self.is_retryable()) {
            (TaskErrorKind::Busy, _) => "Busy",
            (_, true) => "Retryable",
            (kind, false) => kind.code(),
        }
    }

    /// Whether the same task may succeed if it is tried again.
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

/// What went wrong. The texts name no customers' rows; they may name a module, a record and a file.
#[derive(Debug, thiserror::Error)]
pub enum TaskErrorKind {
    #[error("The state machine called with an input that no task takes.")]
    UnreadableCall(#[source] serde_json::Error),
    #[error("Another backup is being made.")]
    Busy,
    #[error("The organisation does not exist.")]
    UnknownOrganisation,
    #[error("The backup does not exist.")]
    UnknownBackup,
    #[error("The backup has already ended.")]
    NotRunning(#[from] BackupTransitionError),
    #[error(
        "The file {file:?} of record {record} in {module} is missing in the CRM's storage. Restore it or delete the attachment, then \
         back up again."
    )]
    AttachmentMissing { module: String, record: String, file: String },
    /// An object with rows is not there.
    #[error(
        "What was stored of {file:?} in {module} is missing. If the CRM is captured, back up again: it is read anew. If a platform \
         writes its records, publish or import them again first."
    )]
    StoredMissing { module: String, file: String },
    /// An object of the snapshot is not as it was written.
    #[error(
        "What was stored of {file:?} in {module} has been damaged and was deleted. If the CRM is captured, back up again: it is read \
         anew. If a platform writes its records, publish or import them again first."
    )]
    StoredDamaged { module: String, file: String },
    /// An older version planned the run.
    #[error("The service was updated during the backup. Back up again.")]
    Updated,
    /// What zips would be made anew of is not kept.
    #[error(
        "The captured data of the backup is not kept any more, or an older version of Hozon captured it, so that its zips cannot be made \
         anew. Back up again."
    )]
    SnapshotGone,
    /// A work document is not as it was written.
    #[error("{document} cannot be read. Back up again.")]
    WorkDamaged {
        document: &'static str,
        #[source]
        source: serde_json::Error,
    },
    /// A work item names a module that the plan does not have.
    #[error("The plan of the backup lacks the module {module}. Back up again.")]
    ModuleUnplanned { module: String },
    #[error("Data could not be compressed. Back up again; if it happens again, report it to the operator of the service.")]
    CompressionFailed(#[source] io::Error),
    /// A worker panicked. There is no cause here: the message of a panic may quote rows.
    #[error(
        "A worker crashed before its work was done. Back up again; if it happens again, report it to the operator of the service."
    )]
    WorkerCrashed,
    /// A worker was cancelled, because its process ends.
    #[error("A worker stopped before its work was done. Back up again.")]
    Stopped,
    /// The storage, or another port, failed.
    #[error("{}", words(.0.kind))]
    Port(#[from] PortError),
}

impl TaskErrorKind {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnreadableCall(_) => "BAD_TASK",
            Self::Busy => "BUSY",
            Self::UnknownOrganisation => "ORGANISATION_UNKNOWN",
            Self::UnknownBackup => "BACKUP_UNKNOWN",
            Self::NotRunning(_) => "NOT_RUNNING",
            Self::AttachmentMissing { .. } => "ATTACHMENT_MISSING",
            Self::StoredMissing { .. } => DATA_MISSING,
            Self::StoredDamaged { .. } => DATA_DAMAGED,
            Self::SnapshotGone => "SNAPSHOT_GONE",
            Self::Updated => "UPDATED",
            Self::WorkDamaged { .. } | Self::ModuleUnplanned { .. } => WORK_DAMAGED,
            Self::CompressionFailed(_) => "COMPRESSION_FAILED",
            Self::WorkerCrashed => "WORKER_CRASHED",
            Self::Stopped => "WORKER_STOPPED",
            Self::Port(error) => code(error.kind),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::CompressionFailed(_) | Self::WorkerCrashed | Self::Stopped => true,
            Self::Port(error) => matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Conflict),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Port(error) => error.retry_after,
            _ => None,
        }
    }

    /// Returns the document that the backup keeps of the error.
    pub(crate) fn failure(&self) -> Failure {
        Failure { subject: self.subject(), ..Failure::new(self.code(), self.to_string()) }
    }

    /// The module, record and file at fault, where it is one of them.
    fn subject(&self) -> Option<FailureSubject> {
        match self {
            Self::AttachmentMissing { module, record, file } => {
                Some(FailureSubject { module: module.clone(), record: Some(record.clone()), file: Some(file.clone()) })
            }
            Self::StoredMissing { module, file } | Self::StoredDamaged { module, file } => {
                Some(FailureSubject { module: module.clone(), record: None, file: Some(file.clone()) })
            }
            _ => None,
        }
    }

    /// Whether what was read is not what was written.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::StoredDamaged { .. } | Self::WorkDamaged { .. } | Self::ModuleUnplanned { .. } => true,
            Self::Port(error) => error.kind == ErrorKind::Corrupt,
            _ => false,
        }
    }

    /// Whether the store refused, as it does a range that an object does not have.
    pub(crate) fn is_refused_range(&self) -> bool {
        matches!(self, Self::Port(error) if error.kind == ErrorKind::Refused)
    }

    /// Whether an object was not there.
    pub(crate) fn is_missing_data(&self) -> bool {
        matches!(self, Self::Port(error) if error.kind == ErrorKind::NotFound)
    }

    /// The chain of causes, for the log.
    pub(crate) fn cause(&self) -> String {
        self.source().map(|cause| Causes(cause).to_string()).unwrap_or_default()
    }
}

/// The code of a port's failure.
fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => "STORAGE_UNAVAILABLE",
        ErrorKind::Full => STORAGE_FULL,
        ErrorKind::Exhausted => "OPEN_FILES_LIMIT",
        ErrorKind::Refused => "STORAGE_REFUSED",
        ErrorKind::NotFound => DATA_MISSING,
        ErrorKind::Conflict => "CONFLICT",
        ErrorKind::Corrupt => DATA_DAMAGED,
        ErrorKind::Outdated => "DATA_OUTDATED",
    }
}

/// What to do about a port's failure.
fn words(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => {
            "The storage did not take or give data; it is busy or out of reach. Check it, then back up again."
        }
        ErrorKind::Full => "The storage is full: its disk or quota has no room left. Make room, then back up again.",
        ErrorKind::Exhausted => {
            "The program may not open more files. Raise its limit (`ulimit -n`, or LimitNOFILE of its service), then back up again."
        }
        ErrorKind::Refused => "The storage refused the service. Check its permissions, then back up again.",
        ErrorKind::NotFound => "Data that the run needs is gone. Back up again.",
        ErrorKind::Conflict => "Another task changed the backup at the same time. Back up again.",
        ErrorKind::Corrupt => "Stored data cannot be read. Report this to the operator of the service.",
        ErrorKind::Outdated => {
            "The CRM's records were stored by an older version of Hozon. Publish or import them again, then back up again."
        }
    }
}

/// Waits for a worker that compresses. Only one that was cancelled has [`TaskErrorKind::Stopped`].
pub(crate) async fn join<T>(worker: JoinHandle<io::Result<T>>) -> Result<T, TaskErrorKind> {
    worker.await.map_err(ended)?.map_err(TaskErrorKind::CompressionFailed)
}

fn ended(error: JoinError) -> TaskErrorKind {
    if error.is_panic() { TaskErrorKind::WorkerCrashed } else { TaskErrorKind::Stopped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> PortError {
        let cause = PortError::with(ErrorKind::Unavailable, "put an object", io::Error::other("reset by peer"));
        PortError { retry_after: Some(Duration::from_secs(7)), ..cause }
    }

    #[test]
    fn an_error_names_its_stage_keeps_its_cause_and_says_when_to_try_again() {
        let error = TaskError::new(Stage::Assemble, unavailable().into());
        assert_eq!((error.error_type(), error.retry_after), ("Retryable", Some(Duration::from_secs(7))));
        assert_eq!(error.kind.cause(), "put an object: Unavailable: reset by peer");
        assert_eq!(error.to_string(), "assemble failed with STORAGE_UNAVAILABLE");
    }

    #[test]
    fn the_state_machine_sees_busy_retryable_or_the_code() {
        let name = |kind| TaskError::new(Stage::Begin, kind).error_type();
        assert_eq!(name(TaskErrorKind::Busy), "Busy");
        assert_eq!(name(TaskErrorKind::Stopped), "Retryable");
        assert_eq!(name(PortError::new(ErrorKind::Full, "put").into()), STORAGE_FULL);
        assert_eq!(name(TaskErrorKind::UnknownBackup), "BACKUP_UNKNOWN");
    }

    #[tokio::test]
    async fn only_a_cancelled_worker_counts_as_stopped() {
        let refused = tokio::spawn(async { io::Result::<()>::Err(io::Error::other("no memory")) });
        let refused = join(refused).await.expect_err("fails");
        assert_eq!((refused.code(), refused.cause().as_str()), ("COMPRESSION_FAILED", "no memory"));
        let crashed = tokio::spawn(async {
            assert_eq!("a customer's row", "");
            io::Result::<()>::Ok(())
        });
        let crashed = join(crashed).await.expect_err("fails");
        assert_eq!((crashed.code(), crashed.cause().as_str()), ("WORKER_CRASHED", ""));
        let stopped = tokio::spawn(std::future::pending::<io::Result<()>>());
        stopped.abort();
        assert_eq!(join(stopped).await.expect_err("fails").code(), "WORKER_STOPPED");
    }
}
