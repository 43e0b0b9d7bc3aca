//! Index of a generation: which block holds which rows and attachments.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Contents of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    /// Number of rows or attachments.
    pub count: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// Version of the encoding of row blocks; see [`super::frames`].
pub(super) const ENCODING: u32 = 3;
/// The encoding before, which had no NULL.
pub(super) const WITHOUT_NULL: u32 = 2;

/// All blocks of a generation in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GenerationIndex {
    /// The writer's [`ENCODING`].
    #[serde(default)]
    pub encoding: u32,
    /// Blocks of rows.
    pub rows: Vec<Block>,
    /// Blocks of attachment metadata.
    pub attachments: Vec<Block>,
}

/// The part of a block that belongs to a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    /// Number of the block.
    pub block: usize,
    /// Contents of the whole block.
    pub whole: Block,
    /// Number of entries to skip at the start.
    pub skip: u64,
    /// Number of entries to take after those.
    pub take: u64,
}

/// Lists the parts of blocks that make up a range, in order. Positions past the last block are ignored.
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
