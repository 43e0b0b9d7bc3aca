//! Compares versions of modules by the row indexes of their blocks. Blocks that both versions have differ in nothing, and are
//! not read. The indexes of all others are merged in the order of the ids, in bounded memory (ADR 31).

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::document::{Snapshot, SnapshotModule};
use super::file_differences::file_differences;
use super::of_backup::module_of;
use super::reader::StoredModule;
use super::row_group::{RowGroup, Side};
use super::row_index_reader::{IndexReader, IndexedRow, PIECES, Step};
use super::row_key::RowKey;
use crate::domain::crm::{DataCategory, Module};
use crate::domain::differences::{
    Counted, DifferenceExamples, DifferenceKind, Differences, ModuleDifferences, ModuleState, PartlyCompared, RowDifference,
};
use crate::domain::id::{BackupId, OrgId};
use crate::domain::snapshot::Block;
use crate::ports::{Objects, PortError};

/// Bytes of row indexes that are held at a time, over all blocks, as long as the pieces are not smaller than [`LEAST_PIECE`].
const BUDGET: u64 = 64 << 20;
const LEAST_PIECE: u64 = 1 << 10;
const MOST_PIECE: u64 = 512 << 10;
/// Number of indexes that are opened at a time.
const OPENED_AT_ONCE: usize = 16;

/// A place between two differences of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferencePlace {
    /// Id of the row in front of it.
    pub id: Vec<u8>,
    /// Number of differences of that id in front of it; several rows may have one id.
    pub given: u64,
}

/// Compares a snapshot with later modules. Modules that backups leave out are not there, and those whose version is the same are not read.
pub async fn compare_snapshots(
    (objects, org): (&Arc<dyn Objects>, OrgId),
    (since, before): (BackupId, &Snapshot),
    after: &[Module],
) -> Result<Differences, PortError> {
    let mut old: HashMap<&str, &SnapshotModule> =
        before.modules.iter().map(|module| (module.api_name.as_str(), module)).collect();
    let mut modules = Vec::new();
    for new in after {
        let old = old.remove(new.api_name.as_str());
        if old.is_some_and(|old| old.version == new.version) {
            modules.extend((new.contents == DataCategory::Crm).then(|| unchanged(new)));
        } else {
            let new = SnapshotModule::from(new.clone());
            modules.extend(compare_versions((objects, org), old, Some(&new)).await?);
        }
    }
    for gone in before.modules.iter().filter(|module| old.contains_key(module.api_name.as_str())) {
        modules.extend(compare_versions((objects, org), Some(gone), None).await?);
    }
    Ok(Differences::new(since, modules))
}

/// Compares the versions of a module in two snapshots; `None` if neither backup has it.
pub async fn compare_versions(
    (objects, org): (&Arc<dyn Objects>, OrgId),
    before: Option<&SnapshotModule>,
    after: Option<&SnapshotModule>,
) -> Result<Option<ModuleDifferences>, PortError> {
    let read = async |version: Option<&SnapshotModule>| match version {
        Some(version) => module_of(&**objects, org, version).await.map(|stored| Some(stored).filter(is_backed_up)),
        None => Ok(None),
    };
    let new = read(after).await?;
    if before == after {
        return Ok(new.map(|stored| unchanged(&stored.module)));
    }
    match (read(before).await?, new) {
        (Some(old), Some(new)) => compare_modules((objects, org), &old, &new).await.map(Some),
        (Some(old), None) => Ok(Some(of_one(&old.module, ModuleState::Gone))),
        (None, Some(new)) => Ok(Some(of_one(&new.module, ModuleState::New))),
        (None, None) => Ok(None),
    }
}

fn is_backed_up(stored: &StoredModule) -> bool {
    stored.module.contents == DataCategory::Crm
}

fn unchanged(module: &Module) -> ModuleDifferences {
    let both = |number| Counted { before: number, after: number, ..Counted::default() };
    described(module, ModuleState::Same, both(module.rows), both(module.attachments))
}

/// A module that only one of the snapshots has.
fn of_one(module: &Module, state: ModuleState) -> ModuleDifferences {
    let counted = |number| match state {
        ModuleState::Gone => Counted { before: number, deleted: number, ..Counted::default() },
        _ => Counted { after: number, added: number, ..Counted::default() },
    };
    described(module, state, counted(module.rows), counted(module.attachments))
}

fn described(module: &Module, state: ModuleState, rows: Counted, files: Counted) -> ModuleDifferences {
    let (api_name, label, examples) = (module.api_name.clone(), module.label.clone(), DifferenceExamples::default());
    ModuleDifferences { api_name, label, state, partly: None, rows, files, examples }
}

/// Compares two versions of a module, which both are backed up.
pub async fn compare_modules(
    (objects, org): (&Arc<dyn Objects>, OrgId),
    before: &StoredModule,
    after: &StoredModule,
) -> Result<ModuleDifferences, PortError> {
    let files = file_differences((&**objects, org), &before.files, &after.files).await?;
    let rows = Counted { before: before.module.rows, after: after.module.rows, ..Counted::default() };
    let mut compared = described(&after.module, ModuleState::Changed, rows, files);
    compared.partly = partly(before, after);
    let has_key = has_key(&after.module);
    if has_key && compared.partly != Some(PartlyCompared::Key) || compared.partly.is_none() {
        count_rows(&mut compared, (objects, org), (before, after), has_key).await?;
    }
    if compared.partly.is_none() && compared.rows.differing() + files.differing() == 0 {
        compared.state = ModuleState::Same;
    }
    Ok(compared)
}

async fn count_rows(
    compared: &mut ModuleDifferences,
    (objects, org): (&Arc<dyn Objects>, OrgId),
    (before, after): (&StoredModule, &StoredModule),
    has_key: bool,
) -> Result<(), PortError> {
    let mut differences = RowDifferences::open((objects.clone(), org), (&before.blocks, &after.blocks), None).await?;
    while let Some(kind) = differences.advance().await? {
        // Where all rows differ in their form, this says nothing.
        if compared.partly.is_some() && kind == DifferenceKind::Changed {
            continue;
        }
        compared.rows.count(kind);
        if has_key {
            compared.examples.add(kind, differences.id());
        }
    }
    Ok(())
}

/// Whether something identifies the rows of a module.
pub fn has_key(module: &Module) -> bool {
    !RowKey::new(&module.fields, &module.key).columns().is_empty()
}

/// Returns why the rows of two versions of a module can be compared in part only.
pub fn partly(before: &StoredModule, after: &StoredModule) -> Option<PartlyCompared> {
    PartlyCompared::of(&before.module, &after.module).or_else(|| {
        let (old, new) = differing(&before.blocks, &after.blocks);
        let format = |block: &Block| block.object.split_once('-').map(|(format, _)| format.to_owned());
        let first = old.first().map(|(_, block)| format(block));
        let is_other = |(_, block): &(usize, &Block)| first.as_ref().is_some_and(|first| format(block) != *first);
        (!new.is_empty() && old.iter().chain(&new).any(is_other)).then_some(PartlyCompared::Format)
    })
}

type NumberedBlocks<'a> = Vec<(usize, &'a Block)>;

/// Returns the blocks of each list that the other does not have, with their numbers. A block that is there twice needs two.
fn differing<'a>(before: &'a [Block], after: &'a [Block]) -> (NumberedBlocks<'a>, NumberedBlocks<'a>) {
    let without = |blocks: &'a [Block], others: &[Block]| {
        let mut there: HashMap<&str, usize> = HashMap::new();
        others.iter().for_each(|block| *there.entry(block.object.as_str()).or_default() += 1);
        let is_other = |(_, block): &(usize, &Block)| match there.get_mut(block.object.as_str()) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        };
        blocks
            .iter()
            .enumerate()
            .filter_map({
                let mut is_other = is_other;
                move |numbered| is_other(&numbered).then_some(numbered)
            })
            .collect()
    };
    (without(before, after), without(after, before))
}

/// A row of an index that is being merged. The order is that of ids, then of hashes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MergedRow {
    row: IndexedRow,
    side: Side,
    /// Which reader it is from.
    reader: usize,
}

/// The differences of the rows of two versions of a module, in the order of the row index (ids by their bytes).
pub struct RowDifferences {
    /// Readers with the numbers of their blocks.
    readers: Vec<(IndexReader, usize)>,
    heap: BinaryHeap<Reverse<MergedRow>>,
    group: RowGroup,
}

impl RowDifferences {
    /// Opens the row indexes of the blocks that are not in both versions, behind a place if there is one.
    pub async fn open(
        stores: (Arc<dyn Objects>, OrgId),
        (before, after): (&[Block], &[Block]),
        behind: Option<&DifferencePlace>,
    ) -> Result<Self, PortError> {
        let (old, new) = differing(before, after);
        let all: Vec<_> = old
            .into_iter()
            .map(|numbered| (Side::Before, numbered))
            .chain(new.into_iter().map(|numbered| (Side::After, numbered)))
            .map(|(side, (number, block))| (side, number, block.clone()))
            .collect();
        let piece = (BUDGET / (PIECES * all.len().max(1)) as u64).clamp(LEAST_PIECE, MOST_PIECE);
        let from: Arc<[u8]> = behind.map(|place| place.id.as_slice()).unwrap_or_default().into();
        let open = |(side, number, block): (Side, usize, Block)| {
            let (stores, from) = (stores.clone(), from.clone());
            async move {
                let opened = IndexReader::open(stores, &block, piece, &from).await?;
                Ok::<_, PortError>(opened.map(|(reader, row)| (side, number, reader, row)))
            }
        };
        let mut opened = stream::iter(all).map(open).buffered(OPENED_AT_ONCE);
        let mut differences = Self { readers: Vec::new(), heap: BinaryHeap::new(), group: RowGroup::default() };
        while let Some(opened) = opened.try_next().await? {
            let Some((side, number, index, row)) = opened else { continue };
            differences.heap.push(Reverse(MergedRow { row, side, reader: differences.readers.len() }));
            differences.readers.push((index, number));
        }
        differences.go_behind(behind).await?;
        Ok(differences)
    }

    async fn go_behind(&mut self, place: Option<&DifferencePlace>) -> Result<(), PortError> {
        let Some(place) = place else { return Ok(()) };
        if self.heap.peek().is_none_or(|Reverse(first)| first.row.id != place.id) {
            return Ok(());
        }
        self.gather().await?;
        for _ in 0..place.given {
            self.group.take();
        }
        Ok(())
    }

    /// Returns the next difference.
    pub async fn next(&mut self) -> Result<Option<RowDifference>, PortError> {
        let Some(kind) = self.advance().await? else { return Ok(None) };
        let (before, after) = self.group.blocks();
        Ok(Some(RowDifference { id: self.id().to_vec(), kind, before, after }))
    }

    /// Returns the place behind the last difference.
    pub fn place(&self) -> DifferencePlace {
        DifferencePlace { id: self.id().to_vec(), given: self.group.given() }
    }

    /// Goes to the next difference.
    async fn advance(&mut self) -> Result<Option<DifferenceKind>, PortError> {
        loop {
            if let Some(kind) = self.group.take() {
                return Ok(Some(kind));
            }
            if !self.gather().await? {
                return Ok(None);
            }
        }
    }

    /// Id of the last difference.
    fn id(&self) -> &[u8] {
        self.group.id()
    }

    /// Makes the group the rows with the next id. Returns whether there are any.
    async fn gather(&mut self) -> Result<bool, PortError> {
        let Some(Reverse(first)) = self.heap.peek() else { return Ok(false) };
        self.group.begin(&first.row.id);
        while let Some(Reverse(first)) = self.heap.peek()
            && first.row.id == self.group.id()
        {
            self.group.row(first.side, first.row.hash, self.readers[first.reader].1);
            self.read_first().await?;
        }
        self.group.end();
        Ok(true)
    }

    /// Replaces the first row of the heap by the next one of its index.
    async fn read_first(&mut self) -> Result<(), PortError> {
        let Some(mut first) = self.heap.peek_mut() else { return Ok(()) };
        let (reader, _) = &mut self.readers[first.0.reader];
        let mut step = reader.step(&mut first.0.row)?;
        if step == Step::Row {
            return Ok(());
        }
        let Reverse(mut merged) = PeekMut::pop(first);
        while step == Step::Starved {
            reader.fill().await?;
            step = reader.step(&mut merged.row)?;
        }
        if step == Step::Row {
            self.heap.push(Reverse(merged));
        }
        Ok(())
    }
}
