//! Composes an object from bytes and from ranges of other objects, within S3's limits: at most 10,000 parts of up to 5
//! GiB, and at least 5 MiB for every part except the last. The store copies ranges itself; bytes of objects are
//! downloaded only to fill a part up to the minimum size. If an object would need more than 10,000 parts, its pieces
//! are composed into groups first, and then the groups into the object.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::ports::{ErrorKind, ObjectRef, Objects, PartTag, PortError, UploadId, Uploads};
use crate::telemetry::Causes;

/// Number of parts sent concurrently.
const IN_FLIGHT: usize = 4;

/// A run of bytes in the composed object.
#[derive(Debug, Clone)]
pub enum Piece {
    Bytes(Bytes),
    /// A byte range of another object.
    Object {
        from: ObjectRef,
        range: Range<u64>,
    },
}

impl Piece {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Object { range, .. } => range.end - range.start,
        }
    }

    fn split(self, at: u64) -> (Self, Self) {
        match self {
            Self::Bytes(mut bytes) => {
                let head = bytes.split_to(usize::try_from(at).unwrap_or(bytes.len()));
                (Self::Bytes(head), Self::Bytes(bytes))
            }
            Self::Object { from, range } => {
                let middle = range.start + at;
                let head = Self::Object { from: from.clone(), range: range.start..middle };
                (head, Self::Object { from, range: middle..range.end })
            }
        }
    }
}

/// The store's limits for parts, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Minimum size of every part except the last.
    pub least: u64,
    /// Maximum size of a part.
    pub most: u64,
    /// Maximum number of bytes gathered in memory for one part.
    pub gathered: u64,
    /// Maximum number of parts.
    pub parts: usize,
}

impl Limits {
    /// The limits of S3.
    pub const S3: Self = Self { least: 5 << 20, most: 5 << 30, gathered: 16 << 20, parts: 10_000 };
}

/// How a part is created.
#[derive(Debug, Clone)]
pub enum Part {
    /// Gathered in memory and uploaded.
    Send(Vec<Piece>),
    /// Copied inside the store.
    Copy { from: ObjectRef, range: Range<u64> },
}

/// Figures about a composed object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Composed {
    /// Size of the new object.
    pub size: u64,
    /// Bytes downloaded from other objects.
    pub read: u64,
    /// Bytes copied inside the store.
    pub copied: u64,
    /// Number of parts.
    pub parts: usize,
}

/// Decides how to create each part. Every part except the last has at least `least` bytes; copies have at most `most`.
pub fn plan(pieces: Vec<Piece>, limits: Limits) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut waiting: Vec<Piece> = Vec::new();
    let mut waiting_size = 0;
    for mut piece in pieces {
        while piece.size() > 0 {
            let copies = matches!(piece, Piece::Object { .. });
            if waiting_size == 0 && copies && piece.size() >= limits.least {
                let (head, rest) = split_copy(piece, limits);
                parts.push(head);
                piece = rest;
                continue;
            }
            // A range that can be copied gives up only the bytes that the pending part lacks; anything else is
            // gathered.
            let lack = limits.least.saturating_sub(waiting_size);
            let room = limits.gathered.max(limits.least) - waiting_size;
            let take = match copies && piece.size() >= lack + limits.least {
                true => lack,
                false => room,
            };
            let (head, rest) = {
                let at = take.min(piece.size());
                piece.split(at)
            };
            waiting_size += head.size();
            if head.size() > 0 {
                waiting.push(head);
            }
            let next_is_copied = copies && rest.size() >= limits.least;
            if waiting_size >= limits.gathered.max(limits.least) || (next_is_copied && waiting_size >= limits.least) {
                parts.push(Part::Send(std::mem::take(&mut waiting)));
                waiting_size = 0;
            }
            piece = rest;
        }
    }
    if !waiting.is_empty() {
        parts.push(Part::Send(waiting));
    }
    parts
}

/// Cuts a copy of at most `most` bytes from the front. The rest is empty or large enough for a part.
fn split_copy(piece: Piece, limits: Limits) -> (Part, Piece) {
    let size = piece.size();
    let take = match size {
        size if size <= limits.most => size,
        size if size - limits.most < limits.least => size - limits.least,
        _ => limits.most,
    };
    let (head, rest) = piece.split(take);
    let part = match head {
        Piece::Object { from, range } => Part::Copy { from, range },
        bytes @ Piece::Bytes(_) => Part::Send(vec![bytes]),
    };
    (part, rest)
}

/// Composes an object from a stream of pieces. Memory use does not grow with their number.
pub struct Composer<'a> {
    objects: &'a dyn Objects,
    uploads: &'a dyn Uploads,
    to: ObjectRef,
    content_type: &'static str,
    /// Key prefix of the groups, to which each group's number is appended.
    groups: String,
    group_pieces: usize,
    pieces: Vec<Piece>,
    grouped: Vec<Piece>,
    size: u64,
    read: u64,
    copied: u64,
}

impl<'a> Composer<'a> {
    /// Starts an object. Groups of pieces, if they are needed, become objects with the key prefix `groups`, which the
    /// caller deletes.
    pub fn new(
        objects: &'a dyn Objects,
        uploads: &'a dyn Uploads,
        to: ObjectRef,
        content_type: &'static str,
        groups: String,
        limits: Limits,
    ) -> Self {
        // Except for pieces of 5 GiB, a piece becomes at most two parts.
        let group_pieces = limits.parts / 3;
        let (pieces, grouped) = (Vec::new(), Vec::new());
        Self { objects, uploads, to, content_type, groups, group_pieces, pieces, grouped, size: 0, read: 0, copied: 0 }
    }

    /// Appends a piece. A range that continues the one before is one piece with it.
    pub async fn push(&mut self, piece: Piece) -> Result<(), PortError> {
        self.size += piece.size();
        if let (Some(Piece::Object { from, range }), Piece::Object { from: next, range: more }) = (self.pieces.last_mut(), &piece)
            && from == next
            && range.end == more.start
        {
            range.end = more.end;
            return Ok(());
        }
        self.pieces.push(piece);
        if self.pieces.len() < self.group_pieces {
            return Ok(());
        }
        let at = ObjectRef { bucket: self.to.bucket, key: format!("{}{:06}", self.groups, self.grouped.len()) };
        let pieces = std::mem::take(&mut self.pieces);
        let composed = compose(self.objects, self.uploads, &at, (self.content_type, None), pieces).await?;
        self.read += composed.read;
        self.copied += composed.copied;
        self.grouped.push(Piece::Object { from: at, range: 0..composed.size });
        Ok(())
    }

    /// Size so far in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Completes the object. Fails with `Corrupt` if its CRC-32 differs from the given one, because then an object that
    /// it was composed from is damaged.
    pub async fn finish(&mut self, crc32: Option<u32>) -> Result<Composed, PortError> {
        let mut pieces = std::mem::take(&mut self.grouped);
        pieces.append(&mut self.pieces);
        let composed = compose(self.objects, self.uploads, &self.to, (self.content_type, crc32), pieces).await?;
        Ok(Composed { read: composed.read + self.read, copied: composed.copied + self.copied, ..composed })
    }
}

/// Composes an object. A failure aborts the upload, so no parts remain; an existing object under the same key stays.
pub async fn compose(
    objects: &dyn Objects,
    uploads: &dyn Uploads,
    to: &ObjectRef,
    (content_type, crc32): (&str, Option<u32>),
    pieces: Vec<Piece>,
) -> Result<Composed, PortError> {
    let size = pieces.iter().map(Piece::size).sum();
    let parts = plan(pieces, Limits::S3);
    if parts.len() > Limits::S3.parts {
        return Err(PortError::new(ErrorKind::Refused, "compose an object of more than 10,000 parts"));
    }
    let composed = sums(size, &parts);
    if let [] | [Part::Send(_)] = parts.as_slice() {
        let pieces = match parts.into_iter().next() {
            Some(Part::Send(pieces)) => pieces,
            _ => Vec::new(),
        };
        put_whole(objects, to, (content_type, crc32), pieces).await?;
    } else {
        upload_parts(objects, uploads, to, (content_type, crc32), parts).await?;
    }
    Ok(composed)
}

/// Adds up what is read and what is copied for the parts of an object of that size.
fn sums(size: u64, parts: &[Part]) -> Composed {
    let mut composed = Composed { size, parts: parts.len(), ..Composed::default() };
    for part in parts {
        match part {
            Part::Copy { range, .. } => composed.copied += range.end - range.start,
            Part::Send(pieces) => {
                composed.read += pieces.iter().filter(|p| matches!(p, Piece::Object { .. })).map(Piece::size).sum::<u64>()
            }
        }
    }
    composed
}

/// Writes an object that is too small for an upload in parts.
async fn put_whole(
    objects: &dyn Objects,
    to: &ObjectRef,
    (content_type, crc32): (&str, Option<u32>),
    pieces: Vec<Piece>,
) -> Result<(), PortError> {
    let whole = gather(objects, pieces).await?;
    if crc32.is_some_and(|crc32| crc32fast::hash(&whole) != crc32) {
        return Err(PortError::new(ErrorKind::Corrupt, "compose an object of the bytes that were expected"));
    }
    objects.put(to, whole, content_type).await
}

/// Uploads the parts. A failure aborts the upload; a failed abort is logged, and the first failure returned.
async fn upload_parts(
    objects: &dyn Objects,
    uploads: &dyn Uploads,
    to: &ObjectRef,
    (content_type, crc32): (&str, Option<u32>),
    parts: Vec<Part>,
) -> Result<(), PortError> {
    let upload = uploads.begin(to, content_type).await?;
    let completed = match send_all(objects, uploads, to, &upload, parts).await {
        Ok(tags) => uploads.complete(to, &upload, tags, crc32).await,
        Err(error) => Err(error),
    };
    if let Err(first) = &completed
        && let Err(error) = uploads.abort(to, &upload).await
    {
        tracing::warn!(error = %Causes(&error), failure = %Causes(first), "an upload could not be aborted after a failure");
    }
    completed
}

async fn send_all(
    objects: &dyn Objects,
    uploads: &dyn Uploads,
    to: &ObjectRef,
    upload: &UploadId,
    parts: Vec<Part>,
) -> Result<Vec<PartTag>, PortError> {
    let send = async |(number, part): (i32, Part)| match part {
        Part::Copy { from, range } => uploads.copy_part(to, upload, number, &from, range).await,
        Part::Send(pieces) => uploads.part(to, upload, number, gather(objects, pieces).await?).await,
    };
    stream::iter((1..).zip(parts)).map(send).buffered(IN_FLIGHT).try_collect().await
}

async fn gather(objects: &dyn Objects, pieces: Vec<Piece>) -> Result<Bytes, PortError> {
    let mut whole = BytesMut::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => whole.extend_from_slice(&bytes),
            Piece::Object { from, range } => {
                let mut body = objects.get(&from, Some(range)).await?;
                while let Some(chunk) = body.try_next().await? {
                    whole.extend_from_slice(&chunk);
                }
            }
        }
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: Limits = Limits { least: 5, most: 50, gathered: 16, parts: 10_000 };

    fn source(seed: u8) -> Vec<u8> {
        (0..200u8).map(|n| n.wrapping_mul(31).wrapping_add(seed)).collect()
    }

    fn bytes_of(piece: &Piece) -> Vec<u8> {
        match piece {
            Piece::Bytes(bytes) => bytes.to_vec(),
            Piece::Object { from, range } => {
                let seed = from.key.parse().expect("a seed");
                source(seed)[range.start as usize..range.end as usize].to_vec()
            }
        }
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let bytes = proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Piece::Bytes(bytes.into()));
        let range = (0u8..4, 0u64..=200, 0u64..=200)
            .prop_map(|(seed, a, b)| Piece::Object { from: ObjectRef::archives(seed.to_string()), range: a.min(b)..a.max(b) });
        prop_oneof![bytes, range]
    }

    proptest! {
        #[test]
        fn parts_join_to_the_pieces_and_keep_the_rules(pieces in proptest::collection::vec(any_piece(), 0..12)) {
            let whole: Vec<u8> = pieces.iter().flat_map(bytes_of).collect();
            let runs = pieces.len() as u64 + 1;
            let parts = plan(pieces, SMALL);
            let mut joined = Vec::new();
            let mut read = 0;
            for (at, part) in parts.iter().enumerate() {
                let before = joined.len();
                match part {
                    Part::Send(pieces) => {
                        joined.extend(pieces.iter().flat_map(bytes_of));
                        read += pieces.iter().filter(|p| matches!(p, Piece::Object { .. })).map(Piece::size).sum::<u64>();
                        prop_assert!(joined.len() - before <= 16);
                    }
                    Part::Copy { from, range } => {
                        joined.extend(bytes_of(&Piece::Object { from: from.clone(), range: range.clone() }));
                        prop_assert!(joined.len() - before <= 50);
                    }
                }
                prop_assert!(at + 1 == parts.len() || joined.len() - before >= 5);
            }
            prop_assert_eq!(joined, whole);
            prop_assert!(read <= runs * 2 * SMALL.least, "read {} bytes of objects for {} runs", read, runs);
        }
    }
}
