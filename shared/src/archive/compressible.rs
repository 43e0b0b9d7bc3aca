//! Decides from a file's media type and a sample of its bytes whether deflate is worth its time.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Size of each of the three samples.
const PLACE: usize = 8 << 10;
/// Files up to this size are always deflated, because a test would cost more.
const SMALL: usize = 4 * PLACE;

/// Returns whether a file should be deflated; `head` is its beginning, or all of it. Types that are always uncompressed
/// are deflated without a test. For all others, samples from the beginning, middle and end of `head` are deflated as a
/// test.
pub fn is_compressible(content_type: &str, head: &[u8]) -> bool {
    if is_plain(content_type) || head.len() <= SMALL {
        return true;
    }
    let middle = head.len() / 2;
    let sample = [&head[..PLACE], &head[middle..middle + PLACE], &head[head.len() - PLACE..]].concat();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    // A sample that cannot be deflated says no: stored bytes are right whatever they are.
    let written = encoder.write_all(&sample).and_then(|()| encoder.finish());
    written.is_ok_and(|packed| packed.len() * 100 < sample.len() * 97)
}

/// Media types that never contain compressed bytes.
fn is_plain(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    name.starts_with("text/")
        || name.ends_with("+json")
        || name.ends_with("+xml")
        || matches!(
            name,
            "application/json" | "application/xml" | "application/sql" | "application/rtf" | "image/bmp" | "audio/wav"
        )
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn noise(bytes: usize) -> Vec<u8> {
        (0..bytes / 32).flat_map(|block: usize| Sha256::digest(block.to_le_bytes())).collect()
    }

    #[test]
    fn the_type_goes_before_the_sample() {
        let random = noise(1 << 20);
        assert!(is_compressible("text/csv; charset=utf-8", &random));
        assert!(!is_compressible("image/jpeg", &random));
        assert!(is_compressible("image/jpeg", &vec![7; 1 << 20]));
    }

    #[test]
    fn a_compressed_head_alone_does_not_decide() {
        let mut file = noise(1 << 20);
        file[600_000..].fill(b' ');
        assert!(is_compressible("application/octet-stream", &file));
    }
}
