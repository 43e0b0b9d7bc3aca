//! Errors of the task. Each kind has a stable code and a sentence that tells an administrator what to do.

use std::error::Error;

use hozon_shared::domain::backup::{Failure, FailureSubject};
use hozon_shared::domain::profile::UnknownProfile;
use hozon_shared::domain::source::{Gap, SourceErrorKind};
use hozon_shared::ports::{ErrorKind, PortError, SourceError};
use hozon_shared::snapshots::error::WriteError;
use hozon_shared::telemetry::Causes;

/// A failed capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("The state machine called with an input that the task does not take.")]
    UnreadableCall(#[source] serde_json::Error),
    #[error("The organisation has no connection to a CRM. Set one, then back up again.")]
    NotConnected,
    #[error("The backup was cancelled, or has ended otherwise.")]
    NotRunning,
    /// The credentials of the connection are gone.
    #[error("The password of the connection {0} was deleted. Set the connection again, then back up again.")]
    WithoutSecret(String),
    /// The operator has removed the profile of the connection.
    #[error("The profile of the connection is gone: {0} Set the connection again, then back up again.")]
    WithoutProfile(#[from] UnknownProfile),
    /// The source failed; the text names the connection.
    #[error("{connection}: {}", .source.kind)]
    Source {
        connection: String,
        #[source]
        source: SourceError,
    },
    #[error("{connection}: none of its tables can be read, the first is {}. Grant the user SELECT.", .first.module)]
    NothingReadable { connection: String, first: Gap },
    #[error("{0}: it has no tables to back up. Check the database and the schemas of the connection, and what it leaves out.")]
    NoModules(String),
    #[error(
        "{connection}: reading {} takes longer than one call may last, and another call cannot go on with it. Leave it out, or let the program beside the database capture it (hozon capture).",
        .module.as_deref().unwrap_or("the database")
    )]
    TooLong { connection: String, module: Option<String> },
    /// The program beside the database has ended with that failure.
    #[error("The program beside the database could not capture it ({}): {}", .0.code, .0.message)]
    ProgramGaveUp(Failure),
    /// The call came before the one that opens the state has ended.
    #[error("The state of the source was not opened in time. The backup begins again by itself.")]
    NotOpened,
    /// A call that reads has failed, and recorded why.
    #[error("A module was not read whole.")]
    NotWhole,
    /// The state machine begins a new attempt.
    #[error(transparent)]
    AttemptLost(Box<CaptureError>),
    /// No attempt has succeeded. Each has recorded why.
    #[error("The source was changed, or its state was lost, while it was read in several calls. Back up at a quieter time.")]
    Unsteady,
    #[error("The captured rows could not be stored. Back up again; if it happens again, contact the operator.")]
    Write(#[from] WriteError),
    #[error("The storage failed while the CRM was captured. Back up again; if it happens again, contact the operator.")]
    Port(#[from] PortError),
}

impl CaptureError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnreadableCall(_) => "BAD_TASK",
            Self::NotConnected => "SOURCE_NOT_CONNECTED",
            Self::NotRunning => "NOT_RUNNING",
            Self::WithoutSecret(_) => "SOURCE_SECRET_GONE",
            Self::WithoutProfile(_) => "SOURCE_PROFILE_GONE",
            Self::Source { source, .. } => source.kind.code(),
            Self::NothingReadable { .. } => "SOURCE_NO_PERMISSION",
            Self::NoModules(_) => "SOURCE_EMPTY",
            Self::TooLong { .. } => "SOURCE_TOO_LONG",
            Self::ProgramGaveUp(_) => "SOURCE_PROGRAM_GAVE_UP",
            Self::NotOpened | Self::NotWhole => "SOURCE_STATE_LOST",
            Self::AttemptLost(error) => error.code(),
            Self::Unsteady => "SOURCE_UNSTEADY",
            Self::Write(_) | Self::Port(_) => "CAPTURE_NOT_STORED",
        }
    }

    /// Returns the name that the state machine's Retry and Catch see.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::AttemptLost(_) => "AttemptLost",
            _ if self.is_retryable() => "Retryable",
            _ => self.code(),
        }
    }

    /// Tells apart the errors after which an attempt in several calls is lost.
    pub(crate) fn of_attempt(self) -> Self {
        if self.is_of_attempt() { Self::AttemptLost(Box::new(self)) } else { self }
    }

    /// Whether only the attempt has failed, so that another one may succeed.
    pub(crate) fn is_of_attempt(&self) -> bool {
        is_changed(self) || matches!(self, Self::NotOpened)
    }

    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Source { source, .. } => source.kind.is_passing(),
            Self::Port(error) | Self::Write(WriteError::Store(error)) => {
                matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Conflict)
            }
            Self::Write(WriteError::Interrupted(_)) => true,
            _ => false,
        }
    }

    /// Returns the document that the backup keeps of the error; `None` if it keeps an earlier one.
    pub fn failure(&self) -> Option<Failure> {
        let subject = match self {
            Self::Unsteady | Self::NotWhole => return None,
            Self::AttemptLost(error) => return error.failure(),
            Self::ProgramGaveUp(failure) => return Some(failure.clone()),
            Self::Source { source, .. } => source.kind.module().map(str::to_owned),
            Self::TooLong { module, .. } => module.clone(),
            Self::NothingReadable { first, .. } => Some(first.module.clone()),
            _ => None,
        };
        let subject = subject.map(|module| FailureSubject { module, record: None, file: None });
        Some(Failure { subject, ..Failure::new(self.code(), self.to_string()) })
    }

    /// The chain of causes, for the log.
    pub fn cause(&self) -> String {
        self.source().map(|cause| Causes(cause).to_string()).unwrap_or_default()
    }
}

/// Adds the connection's address to a failure of its source.
pub(crate) fn of(connection: &str) -> impl Fn(SourceError) -> CaptureError {
    move |source| CaptureError::Source { connection: connection.to_owned(), source }
}

/// Whether reading must begin again from a new state.
pub(crate) fn is_changed(error: &CaptureError) -> bool {
    matches!(error, CaptureError::Source { source, .. } if matches!(source.kind, SourceErrorKind::Changed(_) | SourceErrorKind::StateLost))
}
