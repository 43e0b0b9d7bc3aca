//! The result of packing one item.

use crate::checksum::Checksum;
use crate::work::{SegmentEntry, Tail};

/// Result of packing an item: the segment's checksum and tail, and its entries.
pub type Packed = (Checksum, Option<Tail>, Vec<SegmentEntry>);
