//! Bytes of files, which are read piece by piece.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::source_error::SourceError;

/// Bytes of a file as they come.
pub type SourceBytes = BoxStream<'static, Result<Bytes, SourceError>>;

/// Bytes of a file, which may be read several times.
#[derive(Clone)]
pub struct FileBytes(Arc<dyn Fn() -> SourceBytes + Send + Sync>);

impl FileBytes {
    /// Takes what reads the file from its beginning.
    pub fn new(read: impl Fn() -> SourceBytes + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Reads the file from its beginning.
    pub fn read(&self) -> SourceBytes {
        self.0()
    }
}
