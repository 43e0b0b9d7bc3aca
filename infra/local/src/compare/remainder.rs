//! Rows that have not met their partner: in memory, and in temporary files once they are too many.

use std::collections::HashMap;

use super::error::CompareError;
use super::partitions::{MAX_LEVEL, Partitions};
use super::row_bytes::RowBytes;

/// Memory of a row besides its bytes: the entry of the map, and what the allocator adds.
const OVERHEAD: usize = 64;

/// A row, and how many more the earlier backup has of it than the later one.
pub type CountedRow = (Box<[u8]>, i64);

/// Rows without a partner.
pub struct Remainder {
    rows: HashMap<Box<[u8]>, i64>,
    bytes: usize,
    memory: usize,
    level: u32,
    partitions: Option<Partitions>,
}

impl Remainder {
    /// Creates an empty one. `memory` is the number of bytes above which rows are put into files.
    pub fn new(memory: usize) -> Self {
        Self::of_level(memory, 0)
    }

    fn of_level(memory: usize, level: u32) -> Self {
        Self { rows: HashMap::new(), bytes: 0, memory, level, partitions: None }
    }

    /// Adds a row: 1 for the earlier backup, -1 for the later one. Rows that both have disappear.
    pub fn add(&mut self, row: RowBytes<'_>, count: i64) -> Result<(), CompareError> {
        match self.rows.get_mut(row.0) {
            Some(known) if *known + count == 0 => {
                self.rows.remove(row.0);
                self.bytes = self.bytes.saturating_sub(row.0.len() + OVERHEAD);
            }
            Some(known) => *known += count,
            None => {
                self.rows.insert(row.0.into(), count);
                self.bytes += row.0.len() + OVERHEAD;
            }
        }
        if self.bytes > self.memory && self.level < MAX_LEVEL { self.spill() } else { Ok(()) }
    }

    /// Gives the rows that only one backup has, in groups. A group has all rows with the same key, if `true` is given
    /// with it; else keys are too unequal to tell which row became which.
    pub fn finish(mut self, take: &mut dyn FnMut(Vec<CountedRow>, bool) -> Result<(), CompareError>) -> Result<(), CompareError> {
        let (level, memory) = (self.level, self.memory);
        if self.partitions.is_none() {
            let is_by_key = !Partitions::is_by_row(level.saturating_sub(1)) || level == 0;
            return take(self.rows.into_iter().collect(), is_by_key);
        }
        self.spill()?;
        let Some(partitions) = self.partitions.take() else { return Ok(()) };
        drop(self);
        partitions.read_each(|rows| {
            let mut part = Self::of_level(memory, level + 1);
            rows.for_each(|row, count| part.add(row, count))?;
            part.finish(take)
        })
    }

    fn spill(&mut self) -> Result<(), CompareError> {
        let partitions = match &mut self.partitions {
            Some(partitions) => partitions,
            none => none.insert(Partitions::new(self.level).map_err(CompareError::scratch)?),
        };
        for (row, count) in self.rows.drain() {
            partitions.write(RowBytes(&row), count).map_err(CompareError::scratch)?;
        }
        self.bytes = 0;
        Ok(())
    }
}
