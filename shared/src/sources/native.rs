//! The native CRM store: records and attachments as immutable blocks in the CRM bucket. Which generation of a module is the
//! current one is the catalogue's knowledge; reading goes by the generation that a [`Module`] names.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::keys::{Generation, organisation_prefix};
use super::native_index::{Index, Slice, slices};
use crate::domain::crm::{Attachment, Module};
use crate::domain::id::OrgId;
use crate::ports::{
    AttachmentStream, Catalogue, ErrorKind, ObjectBody, ObjectRef, Objects, PortError, RowPage, RowStream, Source, SourceInfo,
};

/// Blocks of a stream that are read at the same time: the one in use and the next.
const BLOCKS_AHEAD: usize = 2;

/// Reads the native CRM store.
pub struct NativeSource {
    catalogue: Arc<dyn Catalogue>,
    objects: Arc<dyn Objects>,
}

impl NativeSource {
    /// Reads modules from that catalogue and their contents from these objects.
    pub fn new(catalogue: Arc<dyn Catalogue>, objects: Arc<dyn Objects>) -> Self {
        Self { catalogue, objects }
    }

    async fn index(&self, at: &Generation) -> Result<Index, PortError> {
        let bytes = read_all(&*self.objects, &at.index(), 0).await?;
        serde_json::from_slice(&bytes).map_err(|error| PortError::with(ErrorKind::Corrupt, "read a module's index", error))
    }
}

#[async_trait]
impl Source for NativeSource {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "native".to_owned(), consistency: "Each module as it was when the backup was planned.".to_owned() }
    }

    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        self.catalogue.modules(org).await
    }

    async fn rows(&self, org: OrgId, module: &Module, rows: Range<u64>) -> Result<RowStream, PortError> {
        let at = Generation::new(org, &module.api_name, &module.version);
        let wanted = slices(&self.index(&at).await?.rows, &rows);
        let (objects, columns) = (self.objects.clone(), module.fields.len());
        let pages = stream::iter(wanted).map(move |slice| rows_of(objects.clone(), at.rows(slice.block), slice, columns));
        Ok(pages.buffered(BLOCKS_AHEAD).boxed())
    }

    async fn attachments(&self, org: OrgId, module: &Module, range: Range<u64>) -> Result<AttachmentStream, PortError> {
        let at = Generation::new(org, &module.api_name, &module.version);
        let wanted = slices(&self.index(&at).await?.attachments, &range);
        let objects = self.objects.clone();
        let blocks = stream::iter(wanted).map(move |slice| attachments_of(objects.clone(), at.attachments(slice.block), slice));
        Ok(blocks.buffered(BLOCKS_AHEAD).map_ok(|list| stream::iter(list).map(Ok)).try_flatten().boxed())
    }

    async fn open(&self, org: OrgId, attachment: &Attachment) -> Result<ObjectBody, PortError> {
        if !attachment.location.starts_with(&organisation_prefix(org)) {
            return Err(PortError::new(ErrorKind::NotFound, "open an attachment of another organisation"));
        }
        self.objects.get(&ObjectRef::crm(attachment.location.clone()), None).await
    }
}

async fn rows_of(objects: Arc<dyn Objects>, at: ObjectRef, slice: Slice, columns: usize) -> Result<RowPage, PortError> {
    let bytes = read_all(&*objects, &at, slice.whole.bytes).await?;
    let page =
        RowPage::decode(bytes, columns).map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a block of rows", error))?;
    if page.rows() != slice.whole.count {
        return Err(PortError::new(ErrorKind::Corrupt, "a block has other rows than its index says"));
    }
    Ok(page.slice(slice.skip, slice.take))
}

async fn attachments_of(objects: Arc<dyn Objects>, at: ObjectRef, slice: Slice) -> Result<Vec<Attachment>, PortError> {
    let bytes = read_all(&*objects, &at, slice.whole.bytes).await?;
    let lines = serde_json::Deserializer::from_slice(&bytes).into_iter();
    let all: Vec<Attachment> = lines
        .collect::<Result<_, _>>()
        .map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a block of attachments", error))?;
    if all.len() as u64 != slice.whole.count {
        return Err(PortError::new(ErrorKind::Corrupt, "a block has other attachments than its index says"));
    }
    Ok(all.into_iter().skip(slice.skip as usize).take(slice.take as usize).collect())
}

async fn read_all(objects: &dyn Objects, at: &ObjectRef, expected: u64) -> Result<Bytes, PortError> {
    let mut body = objects.get(at, None).await?;
    let mut bytes = BytesMut::with_capacity(expected as usize);
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}
