//! Errors of the function. Each kind has a stable code and a sentence that tells an administrator what to do.

use std::error::Error;

use hozon_capture_database::CaptureError;
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::drill::DrillEnded;
use hozon_shared::domain::restore::RestoreTransitionError;
use hozon_shared::ports::{ErrorKind, PortError, SourceError};
use hozon_shared::snapshots::error::WriteError;
use hozon_shared::telemetry::Causes;

/// A failed plan or write.
#[derive(Debug, thiserror::Error)]
pub enum WriteBackError {
    #[error("The state machine called with an input that the task does not take.")]
    UnreadableCall(#[source] serde_json::Error),
    #[error("There is no such restore.")]
    Unknown,
    /// The restore has ended, or was cancelled.
    #[error("The restore was cancelled, or has ended otherwise.")]
    NotRunning(#[from] RestoreTransitionError),
    #[error("The drill has ended.")]
    DrillEnded(#[from] DrillEnded),
    #[error("The organisation has no restore target that is there for drills. Set one, then request the drill again.")]
    NoDrillTarget,
    #[error("The restore target is another kind of database than the CRM's. Give drills a database of the same kind.")]
    OtherKind,
    #[error(
        "The restore target has something that no drill has made ({example}), so that nothing was deleted. Give drills an empty database."
    )]
    Occupied { example: String },
    #[error("The backup does not say how its tables are made. Back up again, and drill that backup.")]
    NoTables,
    #[error(
        "The restore target does not make {name} ({code}). Its user needs the rights to create what the backed-up database has."
    )]
    TableRefused { name: String, code: String },
    #[error("Writing {module} takes longer than one call may last.")]
    TooLong { module: String },
    #[error("The organisation has no connection to a CRM. Set one, then plan a restore again.")]
    NotConnected,
    #[error("The connection was changed after the restore was requested. Plan a restore again.")]
    ConnectionChanged,
    #[error("The password of the connection was deleted. Set the connection again, then plan a restore again.")]
    WithoutSecret,
    #[error("This kind of CRM cannot be written yet. Import the zips of the backup instead.")]
    Unsupported,
    #[error("The data of the backup, or of the CRM when the restore was planned, is not kept any more. Plan a restore again.")]
    SnapshotGone,
    #[error("The search finds more than 10,000 records. Search for other words, or restore whole modules.")]
    TooManyFound,
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("{connection}: {}", .source.kind)]
    Source {
        connection: String,
        #[source]
        source: SourceError,
    },
    #[error("The storage failed during the drill. Request it again; if it happens again, contact the operator.")]
    NotWritten(#[from] WriteError),
    #[error("The storage failed during the restore. Plan it again; if it happens again, contact the operator.")]
    Port(#[from] PortError),
}

impl WriteBackError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnreadableCall(_) => "BAD_TASK",
            Self::Unknown | Self::NotRunning(_) | Self::DrillEnded(_) => "NOT_RUNNING",
            Self::NotConnected => "SOURCE_NOT_CONNECTED",
            Self::NoDrillTarget => "DRILL_NO_TARGET",
            Self::OtherKind => "DRILL_OTHER_KIND",
            Self::Occupied { .. } => "DRILL_TARGET_NOT_EMPTY",
            Self::NoTables => "DRILL_NO_TABLES",
            Self::TableRefused { .. } => "RESTORE_TABLE_REFUSED",
            Self::TooLong { .. } => "RESTORE_TOO_LONG",
            Self::ConnectionChanged => "RESTORE_CONNECTION_CHANGED",
            Self::WithoutSecret => "SOURCE_SECRET_GONE",
            Self::Unsupported => "RESTORE_UNSUPPORTED",
            Self::SnapshotGone => "RESTORE_SNAPSHOT_GONE",
            Self::TooManyFound => "RESTORE_TOO_MANY_FOUND",
            Self::Capture(error) => error.code(),
            Self::Source { source, .. } => source.kind.code(),
            Self::NotWritten(_) => "DRILL_NOT_STORED",
            Self::Port(_) => "RESTORE_NOT_STORED",
        }
    }

    /// Returns the name that the state machine's Retry and Catch see.
    pub fn error_type(&self) -> &'static str {
        if self.is_retryable() { "Retryable" } else { self.code() }
    }

    /// Whether the same call may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Capture(error) => error.error_type() == "Retryable" || error.error_type() == "AttemptLost",
            Self::Source { source, .. } => source.kind.is_passing(),
            Self::NotWritten(WriteError::Store(error)) | Self::Port(error) => {
                matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Conflict)
            }
            _ => false,
        }
    }

    /// Seconds to wait for a source that takes no more calls for now.
    pub(crate) fn wait(&self) -> Option<u64> {
        match self {
            Self::Source { source, .. } => source.kind.wait(),
            _ => None,
        }
    }

    /// Returns what the restore keeps of the error.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Capture(error) => error.failure().unwrap_or_else(|| Failure::new(self.code(), self.to_string())),
            _ => Failure::new(self.code(), self.to_string()),
        }
    }

    /// The chain of causes, for the log.
    pub(crate) fn cause(&self) -> String {
        self.source().map(|cause| Causes(cause).to_string()).unwrap_or_default()
    }
}
