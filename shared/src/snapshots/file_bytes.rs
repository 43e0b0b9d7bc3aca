//! Reads the bytes of single attachments piece by piece, as what writes them into a CRM takes them.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::single_file::{FoundFile, Inflater, damaged, inflate, inflate_whole};
use super::stores::stored_object;
use crate::archive::zip::local_header;
use crate::domain::digest::Digester;
use crate::domain::id::OrgId;
use crate::domain::snapshot::{FileRun, StoredFile};
use crate::domain::source::SourceErrorKind;
use crate::domain::zip_entry::Method;
use crate::ports::{FileBytes, ObjectBody, Objects, PortError, SourceError};

/// Number of compressed bytes that are decompressed at a time. They may become a thousand times as many.
const PIECE: usize = 32 << 10;
/// Largest piece of a small file.
const SMALL_PIECE: usize = 1 << 20;

/// Why an attachment could not be read. Whoever takes its bytes sees a failure of theirs.
#[derive(Clone, Default)]
pub struct ReadFailure(Arc<Mutex<Option<PortError>>>);

impl ReadFailure {
    /// Takes the first failure.
    pub fn take(&self) -> Option<PortError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the first failure, and returns what the reader sees of it.
    pub fn keep(&self, error: PortError) -> SourceError {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        SourceErrorKind::Interrupted.into()
    }
}

impl FoundFile {
    /// The bytes of the attachment. Reading fails at the end if they are not what was stored, with `Corrupt` as the reason in `failure`.
    /// A small one is read as a whole; of a large one there are a few pieces in memory.
    pub fn bytes(&self, objects: &Arc<dyn Objects>, org: OrgId, failure: &ReadFailure) -> FileBytes {
        let (objects, found, failure) = (objects.clone(), Arc::new(self.clone()), failure.clone());
        FileBytes::new(move || {
            let (objects, found, failure) = (objects.clone(), found.clone(), failure.clone());
            let pieces = stream::once(async move { pieces(&*objects, org, &found).await }).try_flatten();
            pieces.map_err(move |error| failure.keep(error)).boxed()
        })
    }
}

async fn pieces(objects: &dyn Objects, org: OrgId, found: &FoundFile) -> Result<ObjectBody, PortError> {
    let (at, file) = (stored_object(org, found.run.object()), &found.file);
    match &*found.run {
        FileRun::Large(_) => Ok(Pieces::new(objects.get(&at, None).await?, file).stream()),
        FileRun::Pack(_) => {
            let start = file.offset + local_header(&file.entry).len() as u64;
            let body = objects.get(&at, Some(start..start + file.entry.compressed)).await?;
            let bytes = small(body, file).await?;
            let parts: Vec<_> = (0..bytes.len()).step_by(SMALL_PIECE).map(|from| Ok(part(&bytes, from))).collect();
            Ok(stream::iter(parts).boxed())
        }
    }
}

fn part(bytes: &Bytes, from: usize) -> Bytes {
    bytes.slice(from..bytes.len().min(from + SMALL_PIECE))
}

/// Reads a whole file out of a pack.
async fn small(body: ObjectBody, file: &StoredFile) -> Result<Bytes, PortError> {
    let read: Vec<Bytes> = body.try_collect().await?;
    let bytes = Bytes::from(read.concat());
    let bytes = if file.entry.method == Method::Deflated { inflate_whole(&bytes, file)? } else { bytes };
    let is_same = bytes.len() as u64 == file.entry.uncompressed && crc32fast::hash(&bytes) == file.entry.crc32;
    if is_same { Ok(bytes) } else { Err(damaged()) }
}

/// A large file as it comes.
struct Pieces {
    body: ObjectBody,
    /// What has come and is not given yet.
    rest: Bytes,
    /// `None` for a file that is not compressed.
    inflater: Option<Inflater>,
    digest: Digester,
    sha256: String,
}

impl Pieces {
    fn new(body: ObjectBody, file: &StoredFile) -> Self {
        let inflater = (file.entry.method == Method::Deflated).then(Inflater::new);
        Self { body, rest: Bytes::new(), inflater, digest: Digester::default(), sha256: file.sha256.clone() }
    }

    fn stream(self) -> ObjectBody {
        stream::try_unfold(self, |mut pieces| async { Ok(pieces.next().await?.map(|piece| (piece, pieces))) }).boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        loop {
            if self.rest.is_empty() {
                match self.body.try_next().await? {
                    Some(bytes) => self.rest = bytes,
                    None if self.digest.clone().finish().sha256 == self.sha256 => return Ok(None),
                    None => return Err(damaged()),
                }
            }
            let piece = self.rest.split_to(self.rest.len().min(PIECE));
            let piece = match self.inflater.take() {
                None => piece,
                Some(inflater) => {
                    let (inflater, inflated) = inflate(inflater, Vec::new(), piece.to_vec()).await?;
                    self.inflater = Some(inflater);
                    inflated.into()
                }
            };
            if !piece.is_empty() {
                self.digest.update(&piece);
                return Ok(Some(piece));
            }
        }
    }
}
