//! Where a sequence of rows or files is cut into objects. The cut follows the contents, not a count: after a change the
//! same cuts are found again behind it, so that the objects behind it are the same ones.

/// Limits of an object, in bytes as they are stored.
#[derive(Debug, Clone, Copy)]
pub struct Cutting {
    /// No object but the last is smaller. S3 copies parts from 5 MiB on (S3 user guide, "Multipart upload limits").
    pub least: u64,
    /// An object ends here at the latest, or with an item that is larger.
    pub most: u64,
    /// Bytes of items, before they are compressed, among which one ends the object once it has its least size.
    pub every: u64,
}

impl Cutting {
    /// Limits of blocks and packs.
    pub const STORED: Self = Self { least: 5 << 20, most: 16 << 20, every: 4 << 20 };

    /// Whether an object of `stored` bytes ends behind an item with this id and size. An item is chosen by its id alone, with
    /// a probability in proportion to its size.
    pub fn ends_behind(&self, stored: u64, id: &[u8], bytes: u64) -> bool {
        stored >= self.most || (stored >= self.least && is_chosen(id, bytes, self.every))
    }
}

fn is_chosen(id: &[u8], bytes: u64, every: u64) -> bool {
    // Consecutive numbers have similar checksums; the multiplication (by 2^64 divided by the golden ratio) spreads them.
    let spread = u64::from(crc32fast::hash(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    u128::from(spread) * u128::from(every) < u128::from(bytes) << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: Cutting = Cutting { least: 500, most: 2_000, every: 800 };

    /// Cuts items of the given sizes, which are their ids too, as if nothing were compressed.
    fn cut(items: &[(u32, u64)]) -> Vec<Vec<(u32, u64)>> {
        let (mut objects, mut object, mut size) = (Vec::new(), Vec::new(), 0);
        for &(id, bytes) in items {
            object.push((id, bytes));
            size += bytes;
            if SMALL.ends_behind(size, &id.to_le_bytes(), bytes) {
                objects.push(std::mem::take(&mut object));
                size = 0;
            }
        }
        objects.extend((!object.is_empty()).then_some(object));
        objects
    }

    proptest! {
        #[test]
        fn objects_keep_their_limits(sizes in proptest::collection::vec(1u64..100, 0..400)) {
            let items: Vec<_> = (0..).zip(sizes).collect();
            let objects = cut(&items);
            let bytes = |object: &[(u32, u64)]| object.iter().map(|(_, bytes)| bytes).sum::<u64>();
            for object in &objects {
                prop_assert!(bytes(object) < SMALL.most + 100);
            }
            for object in objects.iter().rev().skip(1) {
                prop_assert!(bytes(object) >= SMALL.least);
            }
            prop_assert_eq!(objects.concat(), items);
        }
    }

    #[test]
    fn a_change_touches_few_objects() {
        let items: Vec<(u32, u64)> = (0..20_000).map(|id| (id, 20)).collect();
        let mut changed = items.clone();
        changed.remove(10_000);
        changed.insert(3_000, (50_000, 20));
        changed[15_000].1 = 25;
        let before = cut(&items);
        let new = cut(&changed).iter().filter(|object| !before.contains(object)).count();
        assert!(before.len() > 250 && new <= 12, "{new} of {} objects are new", before.len());
    }
}
