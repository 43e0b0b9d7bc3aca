//! The index of one generation: which block holds which rows and attachments.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    /// Rows or attachments in it.
    pub count: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// How blocks of rows are encoded, as [`super::frames`] has it.
pub(super) const ENCODING: u32 = 2;

/// All blocks of a generation, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    /// [`ENCODING`] of the writer.
    #[serde(default)]
    pub encoding: u32,
    /// Blocks of rows.
    pub rows: Vec<Block>,
    /// Blocks of attachment metadata.
    pub attachments: Vec<Block>,
}

/// The part of a block that a range asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    /// Number of the block.
    pub block: usize,
    /// What the whole block holds.
    pub whole: Block,
    /// How many to leave out at its front.
    pub skip: u64,
    /// How many to take after that.
    pub take: u64,
}

/// Lists the parts of blocks that make up a range, in order; what lies behind the last block is not there.
pub(super) fn slices(blocks: &[Block], range: &Range<u64>) -> Vec<Slice> {
    let mut found = Vec::new();
    let mut first = 0;
    for (block, &whole) in blocks.iter().enumerate() {
        let end = first + whole.count;
        let (from, to) = (range.start.max(first), range.end.min(end));
        if from < to {
            found.push(Slice { block, whole, skip: from - first, take: to - from });
        }
        first = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_cover_exactly_the_range(
            counts in proptest::collection::vec(0u64..5, 0..10),
            start in 0u64..40,
            length in 0u64..40,
        ) {
            let blocks: Vec<_> = counts.iter().map(|&count| Block { count, bytes: 0 }).collect();
            let mut covered = Vec::new();
            for slice in slices(&blocks, &(start..start + length)) {
                let first: u64 = counts[..slice.block].iter().sum();
                covered.extend(first + slice.skip..first + slice.skip + slice.take);
            }
            let total: u64 = counts.iter().sum();
            prop_assert_eq!(covered, (start.min(total)..(start + length).min(total)).collect::<Vec<_>>());
        }
    }
}
