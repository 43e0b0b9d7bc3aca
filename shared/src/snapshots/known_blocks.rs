//! The blocks of the version before, and which of them may begin with a row. Memory use is a few bytes for each block.

use std::collections::BTreeSet;
use std::sync::Arc;

use flate2::{Decompress, FlushDecompress};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::input::ModuleHead;
use super::reader::{if_readable, module_before};
use super::row_index::{RowHash, hash_of};
use super::stores::{is_of_this_format, stored_object};
use super::written_ids::WrittenIds;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::snapshot::Block;
use crate::ports::{Objects, PortError};

/// Number of bytes of a block in which its first row is looked for.
const FIRST_BYTES: u64 = 8 << 10;
/// Number of blocks whose first rows are read when one is looked for.
const LOOKS: usize = 4;

/// The blocks of the version before.
pub(super) struct KnownBlocks {
    pub objects: Arc<dyn Objects>,
    pub org: OrgId,
    before: Option<Module>,
    head: ModuleHead,
    /// The last block that an earlier writer of the same version has stored.
    behind: Option<String>,
    blocks: Vec<Block>,
    /// Hashes of first rows, with the positions of their blocks.
    first_rows: Vec<(RowHash, usize)>,
    /// Blocks whose first rows were not read.
    unread: BTreeSet<usize>,
}

impl KnownBlocks {
    /// Creates it for a module that follows `before`, behind the blocks that are stored of it. Nothing is read yet.
    pub fn new((objects, org): (Arc<dyn Objects>, OrgId), head: ModuleHead, before: Option<Module>, stored: &[Block]) -> Self {
        let behind = stored.last().map(|block| block.object.clone());
        Self { objects, org, before, head, behind, blocks: Vec::new(), first_rows: Vec::new(), unread: BTreeSet::new() }
    }

    /// Whether there may be a version before.
    pub fn is_there(&self) -> bool {
        self.before.is_some() || !self.blocks.is_empty()
    }

    /// Reads which blocks there are, once. Returns the position of the one that is expected first.
    pub async fn load(&mut self) -> Result<Option<usize>, PortError> {
        let Some(before) = self.before.take() else { return Ok(None) };
        let Some(stored) = module_before(&*self.objects, self.org, &before).await? else { return Ok(None) };
        if !has_same_ids(&self.head, &stored.module) || !stored.blocks.iter().all(|block| is_of_this_format(&block.object)) {
            return Ok(None);
        }
        self.blocks = stored.blocks;
        self.unread = (0..self.blocks.len()).collect();
        Ok(match &self.behind {
            None => Some(0),
            Some(behind) => self.blocks.iter().position(|block| block.object == *behind).map(|at| at + 1),
        })
    }

    pub fn get(&self, number: usize) -> Option<&Block> {
        self.blocks.get(number)
    }

    /// Whether the version before ended with this block.
    pub fn is_last(&self, number: usize) -> bool {
        number + 1 >= self.blocks.len()
    }

    /// Finds the block that begins with a row, among those behind `number` first. Each call reads the first rows of a few blocks.
    pub async fn beginning_with(&mut self, row: &[u8], number: usize) -> Result<Option<usize>, PortError> {
        let behind: Vec<usize> =
            self.unread.range(number + 1..).chain(self.unread.range(..=number)).copied().take(LOOKS).collect();
        let known = &*self;
        let read = |at: usize| async move { Ok::<_, PortError>((known.first_row(at).await?, at)) };
        let read: Vec<_> = stream::iter(behind).map(read).buffered(LOOKS).try_collect().await?;
        for (hash, at) in read {
            self.unread.remove(&at);
            self.first_rows.extend(hash.map(|hash| (hash, at)));
        }
        let wanted = hash_of(row);
        let having = || self.first_rows.iter().filter(|(hash, _)| *hash == wanted).map(|(_, at)| *at);
        Ok(having().find(|at| *at > number).or_else(|| having().next()))
    }

    /// Returns the hash of a block's first row; `None` if that is long.
    async fn first_row(&self, number: usize) -> Result<Option<RowHash>, PortError> {
        let block = &self.blocks[number];
        let range = 0..FIRST_BYTES.min(block.bytes);
        let read = self.objects.get(&stored_object(self.org, &block.object), Some(range)).await;
        let Some(body) = if_readable(read)? else { return Ok(None) };
        let pieces: Vec<_> = body.try_collect().await?;
        Ok(first_row_of(&pieces.concat()).map(|row| hash_of(&row)))
    }
}

/// Whether equal rows of both have the same ids.
fn has_same_ids(head: &ModuleHead, before: &Module) -> bool {
    let ids = WrittenIds::new(&head.fields, &head.key).map(|ids| ids.places());
    ids.is_some() && ids == WrittenIds::new(&before.fields, &before.key).map(|ids| ids.places())
}

/// Returns the first row of a deflated text whose end is missing.
fn first_row_of(deflated: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(deflated.len() * 4);
    Decompress::new(false).decompress_vec(deflated, &mut text, FlushDecompress::None).ok()?;
    let mut is_quoted = false;
    let end = text.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b'\n' && !is_quoted
    })?;
    text.truncate(end + 1);
    Some(text)
}
