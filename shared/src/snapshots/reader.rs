//! Reads the native CRM store: records and attachments in immutable blocks in the CRM bucket. The catalogue knows
//! the current generation of each module; reading uses the generation that a [`Module`] names.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use super::decoder::RowDecoder;
use super::index::{ENCODING, GenerationIndex, Slice, WITHOUT_NULL, slices};
use super::keys::{Generation, organisation_prefix};
use crate::domain::crm::{Attachment, Module};
use crate::domain::id::OrgId;
use crate::domain::rows::RowPiece;
use crate::ports::{
    AttachmentStream, Catalogue, ErrorKind, ObjectBody, ObjectRef, Objects, PortError, RowStream, SnapshotReader, SourceInfo,
    read_all,
};

/// Number of blocks of a stream that are fetched concurrently: the current one and the next.
const BLOCKS_AHEAD: usize = 2;

/// Reads the native CRM store.
pub struct NativeReader {
    catalogue: Arc<dyn Catalogue>,
    objects: Arc<dyn Objects>,
}

impl NativeReader {
    /// Creates a reader of the modules in `catalogue` and their contents in `objects`.
    pub fn new(catalogue: Arc<dyn Catalogue>, objects: Arc<dyn Objects>) -> Self {
        Self { catalogue, objects }
    }

    async fn index(&self, at: &Generation) -> Result<GenerationIndex, PortError> {
        let bytes = read_all(&*self.objects, &at.index()).await?;
        let index: GenerationIndex = serde_json::from_slice(&bytes)
            .map_err(|error| PortError::with(ErrorKind::Corrupt, "read a module's index", error))?;
        if !matches!(index.encoding, ENCODING | WITHOUT_NULL) {
            return Err(PortError::new(ErrorKind::Corrupt, "read a module stored by another version of Hozon"));
        }
        Ok(index)
    }
}

#[async_trait]
impl SnapshotReader for NativeReader {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "native".to_owned(), consistency: "Each module as it was when the backup was planned.".to_owned() }
    }

    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        self.catalogue.modules(org).await
    }

    async fn rows(&self, org: OrgId, module: &Module, rows: Range<u64>) -> Result<RowStream, PortError> {
        let at = Generation::new(org, &module.api_name, &module.version);
        let index = self.index(&at).await?;
        let wanted = slices(&index.rows, &rows);
        let (objects, shape) = (self.objects.clone(), Shape { columns: module.fields.len(), encoding: index.encoding });
        let opened = stream::iter(wanted).map(move |slice| {
            let (objects, at) = (objects.clone(), at.rows(slice.block));
            async move { objects.get(&at, None).await.map(|body| Rows::new(body, slice, shape).pieces()) }
        });
        Ok(opened.buffered(BLOCKS_AHEAD).try_flatten().boxed())
    }

    async fn attachments(&self, org: OrgId, module: &Module, range: Range<u64>) -> Result<AttachmentStream, PortError> {
        let at = Generation::new(org, &module.api_name, &module.version);
        let wanted = slices(&self.index(&at).await?.attachments, &range);
        let objects = self.objects.clone();
        let blocks = stream::iter(wanted).map(move |slice| attachments_of(objects.clone(), at.attachments(slice.block), slice));
        Ok(blocks.buffered(BLOCKS_AHEAD).map_ok(|list| stream::iter(list).map(Ok)).try_flatten().boxed())
    }

    async fn open(&self, org: OrgId, attachment: &Attachment, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        let at = self.object(org, attachment);
        let at = at.ok_or_else(|| PortError::new(ErrorKind::NotFound, "open an attachment of another organisation"))?;
        self.objects.get(&at, range).await
    }

    fn object(&self, org: OrgId, attachment: &Attachment) -> Option<ObjectRef> {
        let location = &attachment.location;
        location.starts_with(&organisation_prefix(org)).then(|| ObjectRef::crm(location.clone()))
    }
}

/// How the rows of a block are encoded.
#[derive(Clone, Copy)]
struct Shape {
    columns: usize,
    encoding: u32,
}

/// Decodes the wanted rows of one block as its bytes arrive.
struct Rows {
    body: ObjectBody,
    decoder: RowDecoder,
    slice: Slice,
    /// Rows of the block decoded so far.
    passed: u64,
}

impl Rows {
    fn new(body: ObjectBody, slice: Slice, shape: Shape) -> Self {
        Self { body, decoder: RowDecoder::new(shape.columns, shape.encoding), slice, passed: 0 }
    }

    fn pieces(self) -> impl Stream<Item = Result<RowPiece, PortError>> {
        stream::try_unfold(self, |mut rows| async {
            let next = rows.next().await?;
            Ok(next.map(|piece| (piece, rows)))
        })
    }

    async fn next(&mut self) -> Result<Option<RowPiece>, PortError> {
        let damaged = |error| PortError::with(ErrorKind::Corrupt, "decode a block of rows", error);
        while self.passed < self.slice.skip + self.slice.take {
            match self.decoder.piece().map_err(damaged)? {
                Some(piece) => {
                    if let Some(wanted) = self.wanted(piece) {
                        return Ok(Some(wanted));
                    }
                }
                None => match self.body.try_next().await? {
                    Some(chunk) => self.decoder.push(&chunk),
                    None => return Err(PortError::new(ErrorKind::Corrupt, "a block holds fewer rows than its index states")),
                },
            }
        }
        Ok(None)
    }

    /// Returns the part of a piece that lies in the slice.
    fn wanted(&mut self, piece: RowPiece) -> Option<RowPiece> {
        let (skip, end) = (self.slice.skip, self.slice.skip + self.slice.take);
        let first = self.passed;
        self.passed += piece.rows();
        match piece {
            RowPiece::Rows(page) if first >= skip && self.passed <= end => Some(RowPiece::Rows(page)),
            RowPiece::Rows(page) => {
                let before = skip.saturating_sub(first);
                let page = page.slice(before, end.saturating_sub(first.max(skip)));
                (page.rows() > 0).then_some(RowPiece::Rows(page))
            }
            RowPiece::Cell(part) => (first >= skip && first < end).then_some(RowPiece::Cell(part)),
        }
    }
}

async fn attachments_of(objects: Arc<dyn Objects>, at: ObjectRef, slice: Slice) -> Result<Vec<Attachment>, PortError> {
    let bytes = read_all(&*objects, &at).await?;
    let lines = serde_json::Deserializer::from_slice(&bytes).into_iter();
    let all: Vec<Attachment> = lines
        .collect::<Result<_, _>>()
        .map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a block of attachments", error))?;
    if all.len() as u64 != slice.whole.count {
        return Err(PortError::new(ErrorKind::Corrupt, "the number of attachments in a block differs from its index"));
    }
    Ok(all.into_iter().skip(slice.skip as usize).take(slice.take as usize).collect())
}
