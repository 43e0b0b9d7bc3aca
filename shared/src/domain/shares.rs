//! Dividing work among workers.

use std::cmp::Reverse;

/// Divides items of these sizes among at most `workers` shares of about the same size, as indexes. The largest item that is left goes
/// to the share with the least. Every item counts a little, so that items without a size are divided, too.
pub fn shares(sizes: &[u64], workers: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|item| Reverse(sizes[*item]));
    let mut shares = vec![(0u64, Vec::new()); workers.min(sizes.len())];
    for item in order {
        if let Some((size, share)) = shares.iter_mut().min_by_key(|(size, _)| *size) {
            *size = size.saturating_add(sizes[item]).saturating_add(1);
            share.push(item);
        }
    }
    shares.into_iter().map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn large_items_are_apart() {
        assert_eq!(shares(&[1, 100, 2, 90, 50], 2), [vec![1, 2, 0], vec![3, 4]]);
        assert_eq!(shares(&[0, 0, 0], 4), [[0], [1], [2]]);
        assert!(shares(&[], 4).is_empty());
    }

    proptest! {
        #[test]
        fn every_item_is_in_one_share(sizes in proptest::collection::vec(any::<u64>(), 0..50), workers in 1usize..6) {
            let mut items: Vec<_> = shares(&sizes, workers).concat();
            items.sort_unstable();
            prop_assert_eq!(items, (0..sizes.len()).collect::<Vec<_>>());
        }
    }
}
