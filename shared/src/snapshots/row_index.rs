//! The row index of a block: the id of every row, and a hash of the row. It tells which rows of two snapshots differ
//! without reading them, and whether a block has a record.
//!
//! Encoding: the number of rows, then for each row in the order of the ids the length of the prefix that it shares with the
//! id before, the length of the rest, and the rest; then eight bytes of hash for each row in the same order. Numbers are
//! LEB128. An id that rows share appears once for each.

use twox_hash::XxHash3_64;

/// Number of bytes of a hash. Only rows with the same id are compared, so that 64 bits leave no doubt.
pub(super) const HASH_BYTES: usize = 8;

/// Hash of a row.
pub(super) type RowHash = [u8; HASH_BYTES];

/// Returns the hash of a row of CSV: its XXH3 of 64 bits in the canonical order of bytes. It tells changes apart and proves nothing; a
/// block's SHA-256 does that (ADR 27).
pub(super) fn hash_of(row: &[u8]) -> RowHash {
    XxHash3_64::oneshot(row).to_be_bytes()
}

/// Collects the rows of a block.
#[derive(Debug, Default)]
pub(super) struct RowIndexBuilder {
    ids: Vec<u8>,
    /// End of each id in `ids`.
    ends: Vec<usize>,
    hashes: Vec<RowHash>,
}

impl RowIndexBuilder {
    /// Adds a row.
    pub fn push(&mut self, id: &[u8], hash: RowHash) {
        self.ids.extend_from_slice(id);
        self.ends.push(self.ids.len());
        self.hashes.push(hash);
    }

    /// Encodes the rows and forgets them.
    pub fn take(&mut self) -> Vec<u8> {
        let Self { ids, ends, hashes } = std::mem::take(self);
        let id = |row: usize| &ids[row.checked_sub(1).map_or(0, |before| ends[before])..ends[row]];
        let mut order: Vec<usize> = (0..ends.len()).collect();
        // Rows mostly come in the order of their ids, which this sort notices.
        order.sort_by(|a, b| (id(*a), hashes[*a]).cmp(&(id(*b), hashes[*b])));
        let mut encoded = Vec::with_capacity(ends.len() * (HASH_BYTES + 4));
        push_number(&mut encoded, ends.len());
        let mut before: &[u8] = &[];
        for &row in &order {
            let shared = before.iter().zip(id(row)).take_while(|(a, b)| a == b).count();
            before = id(row);
            push_number(&mut encoded, shared);
            push_number(&mut encoded, before.len() - shared);
            encoded.extend_from_slice(&before[shared..]);
        }
        encoded.extend(order.iter().flat_map(|row| hashes[*row]));
        encoded
    }
}

/// Calls `each` with the id of every row, in the order of the ids. `None` if the bytes are no row index.
pub(super) fn for_each_id(mut index: &[u8], mut each: impl FnMut(&[u8])) -> Option<()> {
    let rows = take_number(&mut index)?;
    let mut id = Vec::new();
    for _ in 0..rows {
        let (shared, rest) = (take_number(&mut index)?, take_number(&mut index)?);
        let (new, behind) = index.split_at_checked(rest)?;
        if shared > id.len() {
            return None;
        }
        id.truncate(shared);
        id.extend_from_slice(new);
        each(&id);
        index = behind;
    }
    (rows.checked_mul(HASH_BYTES)? == index.len()).then_some(())
}

/// Calls `each` with the id and the hash of every row, in the order of both. `None` if the bytes are no row index.
pub(super) fn for_each_row(index: &[u8], mut each: impl FnMut(&[u8], RowHash)) -> Option<()> {
    let rows = take_number(&mut &*index)?;
    let hashes = index.len().checked_sub(rows.checked_mul(HASH_BYTES)?)?;
    let mut hashes = index[hashes..].chunks_exact(HASH_BYTES);
    for_each_id(index, |id| {
        if let Some(Ok(hash)) = hashes.next().map(RowHash::try_from) {
            each(id, hash);
        }
    })
}

/// Takes a number from the front. `None` if the bytes end within it, or if it is too large.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn push_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: &[u8]) -> Vec<(Vec<u8>, RowHash)> {
        let mut rows = Vec::new();
        for_each_row(bytes, |id, hash| rows.push((id.to_vec(), hash))).expect("an index");
        rows
    }

    proptest! {
        #[test]
        fn every_row_is_found_in_the_order_of_ids(rows in proptest::collection::vec(("[0-9a-c]{0,5}", any::<RowHash>()), 0..200)) {
            let mut builder = RowIndexBuilder::default();
            for (id, hash) in &rows {
                builder.push(id.as_bytes(), *hash);
            }
            let mut expected: Vec<_> = rows.into_iter().map(|(id, hash)| (id.into_bytes(), hash)).collect();
            expected.sort_unstable();
            prop_assert_eq!(decoded(&builder.take()), expected);
            prop_assert_eq!(builder.take(), [0]);
        }
    }

    proptest! {
        #[test]
        fn what_is_no_index_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40), cut in 1usize..HASH_BYTES) {
            let _ = for_each_id(&bytes, |_| {});
            let _ = for_each_row(&bytes, |_, _| {});
            let mut builder = RowIndexBuilder::default();
            builder.push(&bytes, [0; HASH_BYTES]);
            let index = builder.take();
            prop_assert_eq!(for_each_id(&index[..index.len() - cut], |_| {}), None);
            prop_assert_eq!(for_each_row(&index[..index.len() - cut], |_, _| {}), None);
        }
    }

    /// Values of XXH3's own implementation in C (`xxhsum -H3`), for each of its ranges of lengths.
    #[test]
    fn hashes_are_those_of_the_published_algorithm() {
        let row: Vec<u8> = (0u32..300).map(|at| (at % 251) as u8).collect();
        let found = [0, 3, 8, 16, 128, 240, 300].map(|length| hex::encode(hash_of(&row[..length])));
        let expected = [
            "2d06800538d394c2",
            "5f4299fc161c9cbb",
            "3a1c2d7c85af88f8",
            "8355e3a6f61770db",
            "85c6174c7ff4c46b",
            "375a384d957fe865",
            "fdda6967cf021dbc",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_long_id_has_a_long_length() {
        let mut builder = RowIndexBuilder::default();
        builder.push(&[b'x'; 300], [1; HASH_BYTES]);
        assert_eq!(decoded(&builder.take()), [(vec![b'x'; 300], [1; HASH_BYTES])]);
    }
}
