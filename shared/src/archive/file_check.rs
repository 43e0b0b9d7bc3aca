//! Compares a file with its record in a manifest while its bytes pass.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

use super::manifest::{FileRecord, RangeRecord};

/// Digests a file as its record states it: as a whole, or in ranges.
#[derive(Debug, Clone)]
pub struct FileCheck {
    bytes: u64,
    expected_bytes: u64,
    /// Ranges that have not passed yet. The first is the current one.
    ranges: VecDeque<RangeRecord>,
    /// Bytes of the current range that have not passed yet.
    left: u64,
    sha: Sha256,
    is_equal: bool,
}

impl FileCheck {
    /// Begins a comparison.
    pub fn of(record: &FileRecord) -> Self {
        let whole = record.sha256.clone().map(|sha256| RangeRecord { bytes: record.bytes, sha256 });
        let ranges: VecDeque<_> = whole.map_or_else(|| record.ranges.clone(), |whole| vec![whole]).into();
        let (is_equal, expected_bytes) = (ranges.iter().map(|range| range.bytes).sum::<u64>() == record.bytes, record.bytes);
        let left = ranges.front().map_or(0, |range| range.bytes);
        Self { bytes: 0, expected_bytes, ranges, left, sha: Sha256::new(), is_equal }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() && !self.ranges.is_empty() {
            let (this, rest) = bytes.split_at(usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len()));
            self.sha.update(this);
            self.left -= this.len() as u64;
            bytes = rest;
            if self.left == 0 {
                self.end_range();
            }
        }
    }

    /// Whether the file, which has passed, is the one of the record.
    pub fn is_equal(mut self) -> bool {
        while self.left == 0 && !self.ranges.is_empty() {
            self.end_range();
        }
        self.is_equal && self.ranges.is_empty() && self.bytes == self.expected_bytes
    }

    fn end_range(&mut self) {
        let digest = hex::encode(self.sha.finalize_reset());
        self.is_equal &= self.ranges.pop_front().is_some_and(|range| range.sha256 == digest);
        self.left = self.ranges.front().map_or(0, |range| range.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &[u8], cuts: &[usize]) -> FileRecord {
        let range = |bytes: &[u8]| RangeRecord { bytes: bytes.len() as u64, sha256: hex::encode(Sha256::digest(bytes)) };
        let ends = cuts.iter().copied().chain([text.len()]);
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ranges: Vec<_> = starts.zip(ends).map(|(start, end)| range(&text[start..end])).collect();
        let (sha256, ranges) = match ranges.as_slice() {
            [whole] => (Some(whole.sha256.clone()), Vec::new()),
            _ => (None, ranges),
        };
        FileRecord { path: "a.csv".into(), module: None, rows: None, bytes: text.len() as u64, crc32: None, sha256, ranges }
    }

    fn is_equal(record: &FileRecord, file: &[u8], chunk: usize) -> bool {
        let mut check = FileCheck::of(record);
        file.chunks(chunk).for_each(|chunk| check.update(chunk));
        check.is_equal()
    }

    #[test]
    fn a_file_is_equal_to_its_own_record_only() {
        let text = b"id,name\r\n1,One\r\n2,Two\r\n";
        for cuts in [&[] as &[usize], &[9], &[9, 16], &[0, 9]] {
            let of_text = record(text, cuts);
            for chunk in [1, 5, 100] {
                assert!(is_equal(&of_text, text, chunk), "{cuts:?} {chunk}");
                assert!(!is_equal(&of_text, &text[..20], chunk));
                assert!(!is_equal(&of_text, &[text.as_slice(), b"x"].concat(), chunk));
                assert!(!is_equal(&of_text, &text.to_ascii_uppercase(), chunk));
            }
        }
        assert!(is_equal(&record(b"", &[]), b"", 1));
        assert!(!is_equal(&FileRecord { sha256: None, ..record(b"x", &[]) }, b"x", 1), "nothing states its contents");
    }
}
