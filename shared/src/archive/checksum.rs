//! Size and CRC-32 of bytes, combined across parts. The checksum of a zip is computed from those of its parts, without
//! reading the zip.

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

/// Size and CRC-32 of a byte sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    pub size: u64,
    /// CRC-32 as the zip format defines it.
    pub crc32: u32,
}

impl Checksum {
    /// Computes the checksum of a byte slice.
    pub fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, crc32: crc32fast::hash(bytes) }
    }

    /// Returns the checksum of these bytes followed by `next`.
    #[must_use]
    pub fn followed_by(self, next: Self) -> Self {
        let mut hasher = Hasher::new_with_initial_len(self.crc32, self.size);
        hasher.combine(&Hasher::new_with_initial_len(next.crc32, next.size));
        Self { size: self.size + next.size, crc32: hasher.finalize() }
    }

    /// Returns the checksum of what follows `head` in these bytes.
    #[must_use]
    pub fn without_prefix(self, head: Self) -> Self {
        let size = self.size.saturating_sub(head.size);
        // CRC is linear: the CRC of the whole is that of the head, shifted by the length of the rest, XOR that of the
        // rest.
        let moved = head.followed_by(Self { size, crc32: 0 }).crc32;
        Self { size, crc32: self.crc32 ^ moved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole_and_the_whole_gives_back_its_parts() {
        let bytes: Vec<u8> = (0..100_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        for cut in [0, 1, 4096, 99_999, 100_000] {
            let (head, rest) = (Checksum::of(&bytes[..cut]), Checksum::of(&bytes[cut..]));
            assert_eq!(head.followed_by(rest), Checksum::of(&bytes));
            assert_eq!(Checksum::of(&bytes).without_prefix(head), rest);
        }
    }
}
