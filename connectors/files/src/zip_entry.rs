//! Reads an entry of a zip. `async_zip` decompresses it but never sees the zip's own headers: it gets a canonical local
//! header before the entry's bytes, so that no unusual zip64 fields, flags or names reach its parser. CRC and sizes are
//! checked here.

use std::io::{Cursor, Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_zip::base::read::WithoutEntry;
use async_zip::base::read::stream::{Reading, ZipFileReader};
use crc32fast::Hasher;
use futures_util::io::AsyncRead as FuturesRead;
use hozon_shared::archive::zip::{Method, ZipEntry, local_header};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader, Chain, ReadBuf, Take};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::zip_directory::ZipRecord;
use super::zip_place::{PlaceReader, ZipPlace};

const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const LOCAL_HEADER: usize = 30;
/// Read-ahead for a large entry; a small one needs no more than its size.
const MAX_BUFFER: u64 = 256 << 10;
const MIN_BUFFER: u64 = 4 << 10;

type Body = Counted<Take<BufReader<PlaceReader>>>;
type EntryBytes = Compat<Chain<Cursor<Vec<u8>>, Body>>;

/// The unpacked bytes of an entry. The end is reached only if size and CRC match the directory.
pub struct EntryReader {
    unpacked: ZipFileReader<Reading<'static, EntryBytes, WithoutEntry>>,
    consumed: Arc<AtomicU64>,
    record: Arc<ZipRecord>,
    crc32: Hasher,
    bytes: u64,
}

impl EntryReader {
    /// Opens an entry.
    pub async fn open(zip: &ZipPlace, record: Arc<ZipRecord>) -> Result<Self, Error> {
        let mut file = zip.open(record.offset, record.compressed).await?;
        skip_header(&mut file).await?;
        let buffer = record.compressed.clamp(MIN_BUFFER, MAX_BUFFER) as usize;
        let consumed = Arc::new(AtomicU64::new(0));
        let body = Counted { inner: BufReader::with_capacity(buffer, file).take(record.compressed), consumed: consumed.clone() };
        let header = Cursor::new(local_header(&canonical(&record)));
        let reader = ZipFileReader::new(header.chain(body).compat()).next_without_entry().await.map_err(Error::other)?;
        let unpacked = reader.ok_or_else(|| invalid("it has no local header"))?;
        Ok(Self { unpacked, consumed, record, crc32: Hasher::new(), bytes: 0 })
    }

    fn check_end(&self) -> Result<(), Error> {
        if self.bytes != self.record.uncompressed {
            return Err(invalid(&format!(
                "{} bytes instead of the {} in the zip's directory",
                self.bytes, self.record.uncompressed
            )));
        }
        if self.crc32.clone().finalize() != self.record.crc32 {
            return Err(invalid("its CRC-32 differs from the zip's directory: the zip is damaged"));
        }
        if self.consumed.load(Ordering::Relaxed) != self.record.compressed {
            return Err(invalid("bytes follow the end of its compressed data"));
        }
        Ok(())
    }
}

impl AsyncRead for EntryReader {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let room = buffer.initialize_unfilled();
        let read = ready!(Pin::new(self.unpacked.reader_mut()).poll_read(context, room))?;
        if read == 0 {
            return Poll::Ready(self.check_end());
        }
        self.crc32.update(&room[..read]);
        self.bytes += read as u64;
        if self.bytes > self.record.uncompressed {
            return Poll::Ready(Err(invalid("more bytes than in the zip's directory")));
        }
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

/// Reads up to the beginning of the entry's bytes, after a local header whose name and extra field may be longer than in the
/// directory.
async fn skip_header(file: &mut PlaceReader) -> Result<(), Error> {
    let mut header = [0; LOCAL_HEADER];
    file.read_exact(&mut header).await?;
    if header[..4] != LOCAL_SIGNATURE {
        return Err(invalid("there is no local header at the position in the directory: the zip is damaged"));
    }
    let length = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let mut rest = vec![0; length(26) + length(28)];
    file.read_exact(&mut rest).await.map(drop)
}

fn canonical(record: &ZipRecord) -> ZipEntry {
    let method = if record.deflated { Method::Deflated } else { Method::Stored };
    let ZipRecord { crc32, compressed, uncompressed, .. } = *record;
    ZipEntry { name: "entry".to_owned(), method, crc32, compressed, uncompressed }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

/// Counts the bytes taken from a reader.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.consumed.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Counted<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<&[u8], Error>> {
        Pin::new(&mut self.get_mut().inner).poll_fill_buf(context)
    }

    fn consume(mut self: Pin<&mut Self>, bytes: usize) {
        self.consumed.fetch_add(bytes as u64, Ordering::Relaxed);
        Pin::new(&mut self.inner).consume(bytes);
    }
}
