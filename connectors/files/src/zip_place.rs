//! Where the bytes of a zip lie: on disk, or somewhere else where any of them can be read.

use std::io::{Error, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use rawzip::ReaderAt;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt};
use tokio::runtime::Handle;
use tokio_util::io::StreamReader;

/// Number of bytes that are read at a time.
const PIECE: u64 = 1 << 20;
/// What is read in front of an entry's bytes: a local header with its name, as a rule.
const HEADER: u64 = 1 << 10;

/// Bytes that lie elsewhere than on disk.
#[async_trait]
pub trait RemoteBytes: Send + Sync {
    /// Number of bytes.
    fn size(&self) -> u64;
    /// Reads at most `length` bytes from an offset; none only at the end.
    async fn read(&self, offset: u64, length: u64) -> Result<Bytes, Error>;
}

/// Where a zip lies.
#[derive(Clone)]
pub enum ZipPlace {
    Disk(Arc<Path>),
    Remote(Arc<dyn RemoteBytes>),
}

/// Bytes of a zip as they come.
pub type PlaceReader = Box<dyn AsyncRead + Send + Unpin>;

impl ZipPlace {
    /// Opens the bytes from an offset on, of which about `expected` are wanted.
    pub async fn open(&self, offset: u64, expected: u64) -> Result<PlaceReader, Error> {
        match self {
            Self::Disk(path) => {
                let mut file = File::open(path).await?;
                file.seek(SeekFrom::Start(offset)).await?;
                Ok(Box::new(file))
            }
            Self::Remote(bytes) => Ok(pieces(bytes.clone(), offset, expected.saturating_add(HEADER))),
        }
    }
}

fn pieces(bytes: Arc<dyn RemoteBytes>, offset: u64, expected: u64) -> PlaceReader {
    let pieces = stream::try_unfold((bytes, offset, expected), |(bytes, offset, expected)| async move {
        let piece = bytes.read(offset, expected.clamp(HEADER, PIECE)).await?;
        let read = piece.len() as u64;
        Ok::<_, Error>((read > 0).then_some((piece, (bytes, offset + read, expected.saturating_sub(read)))))
    });
    Box::new(StreamReader::new(pieces.boxed()))
}

/// Reads remote bytes from a thread that may block.
pub struct BlockingReader {
    bytes: Arc<dyn RemoteBytes>,
    runtime: Handle,
}

impl BlockingReader {
    /// Must be created on a thread of a runtime.
    pub fn new(bytes: Arc<dyn RemoteBytes>) -> Self {
        Self { bytes, runtime: Handle::current() }
    }
}

impl ReaderAt for BlockingReader {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        let piece = self.runtime.block_on(self.bytes.read(offset, buffer.len() as u64))?;
        let read = piece.len().min(buffer.len());
        buffer[..read].copy_from_slice(&piece[..read]);
        Ok(read)
    }
}
