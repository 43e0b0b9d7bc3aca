//! Rows of one id in two versions of a module. Rows that both have cancel each other out; of the others, as many as there are
//! in both are changed, and the rest is added or deleted. Memory grows with the number of blocks, not of rows.

use std::collections::VecDeque;

use super::row_index::RowHash;
use crate::domain::differences::DifferenceKind;

/// The version that has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Before,
    After,
}

/// Numbers of rows by their block, in the order in which they came.
#[derive(Debug, Default)]
struct Runs(VecDeque<(usize, u64)>);

impl Runs {
    fn add(&mut self, block: usize, rows: u64) {
        match self.0.back_mut() {
            Some((last, count)) if *last == block => *count += rows,
            _ => self.0.push_back((block, rows)),
        }
    }

    /// Takes at most `rows` rows of the first block.
    fn take(&mut self, rows: u64) -> Option<(usize, u64)> {
        let (block, count) = self.0.front_mut()?;
        let (block, taken) = (*block, rows.min(*count));
        *count -= taken;
        if *count == 0 {
            self.0.pop_front();
        }
        Some((block, taken))
    }

    fn rows_of_first(&self) -> u64 {
        self.0.front().map_or(0, |(_, count)| *count)
    }
}

/// Takes as many rows as there are in both, and calls `each` with their blocks and number.
fn take_pairs(before: &mut Runs, after: &mut Runs, mut each: impl FnMut(usize, usize, u64)) {
    loop {
        let rows = before.rows_of_first().min(after.rows_of_first());
        let (Some((old, _)), Some((new, _))) = (before.take(rows), after.take(rows)) else { return };
        if rows == 0 {
            return;
        }
        each(old, new, rows);
    }
}

/// A number of equal differences.
#[derive(Debug, Clone, Copy)]
struct DifferenceRun {
    kind: DifferenceKind,
    before: Option<usize>,
    after: Option<usize>,
    count: u64,
}

/// Collects the rows of one id, and then gives their differences.
#[derive(Debug, Default)]
pub(super) struct RowGroup {
    id: Vec<u8>,
    hash: RowHash,
    /// Rows with the hash, before and after.
    equal: [Runs; 2],
    /// Rows with other hashes that the other version does not have.
    others: [Runs; 2],
    ready: VecDeque<DifferenceRun>,
    given: u64,
    last: (Option<usize>, Option<usize>),
}

impl RowGroup {
    /// Begins the rows of another id.
    pub fn begin(&mut self, id: &[u8]) {
        self.id.clear();
        self.id.extend_from_slice(id);
        self.given = 0;
    }

    /// Adds a row. Rows come in the order of their hashes.
    pub fn row(&mut self, side: Side, hash: RowHash, block: usize) {
        if hash != self.hash {
            self.end_hash();
            self.hash = hash;
        }
        self.equal[side as usize].add(block, 1);
    }

    /// Ends the rows of the id.
    pub fn end(&mut self) {
        self.end_hash();
        let [before, after] = &mut self.others;
        while let Some((block, count)) = before.take(u64::MAX) {
            self.ready.push_back(DifferenceRun { kind: DifferenceKind::Deleted, before: Some(block), after: None, count });
        }
        while let Some((block, count)) = after.take(u64::MAX) {
            self.ready.push_back(DifferenceRun { kind: DifferenceKind::Added, before: None, after: Some(block), count });
        }
    }

    fn end_hash(&mut self) {
        let [before, after] = &mut self.equal;
        take_pairs(before, after, |_, _, _| {});
        let [old, new] = &mut self.others;
        while let Some((block, rows)) = before.take(u64::MAX) {
            old.add(block, rows);
        }
        while let Some((block, rows)) = after.take(u64::MAX) {
            new.add(block, rows);
        }
        let ready = &mut self.ready;
        take_pairs(old, new, |before, after, count| {
            ready.push_back(DifferenceRun { kind: DifferenceKind::Changed, before: Some(before), after: Some(after), count });
        });
    }

    /// Takes the next difference.
    pub fn take(&mut self) -> Option<DifferenceKind> {
        let run = self.ready.front_mut()?;
        let (kind, blocks) = (run.kind, (run.before, run.after));
        run.count -= 1;
        if run.count == 0 {
            self.ready.pop_front();
        }
        (self.last, self.given) = (blocks, self.given + 1);
        Some(kind)
    }

    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Blocks of the last difference, before and after.
    pub fn blocks(&self) -> (Option<usize>, Option<usize>) {
        self.last
    }

    /// Number of differences of this id that were taken.
    pub fn given(&self) -> u64 {
        self.given
    }
}
