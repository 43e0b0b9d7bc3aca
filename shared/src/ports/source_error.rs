//! How calls of a source fail.

use crate::domain::source::SourceErrorKind;

/// A failure of a source. Its kind is for people; its cause is for logs, and names neither data nor secrets.
#[derive(Debug, thiserror::Error)]
#[error("{}", .kind.code())]
pub struct SourceError {
    pub kind: SourceErrorKind,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl From<SourceErrorKind> for SourceError {
    fn from(kind: SourceErrorKind) -> Self {
        Self { kind, source: None }
    }
}
