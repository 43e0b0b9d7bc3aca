//! Composes a CSV entry of a header and of blocks, each a piece of one deflate stream. The checksum of the entry follows from
//! those of its pieces.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use hozon_shared::archive::LEVEL;
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::manifest::RangeRecord;
use hozon_shared::archive::zip::{Method, ZipEntry, local_header};
use hozon_shared::domain::snapshot::Block;
use sha2::{Digest, Sha256};

/// The end of a deflate stream: a final block without data (RFC 1951, section 3.2.6).
pub const DEFLATE_END: [u8; 2] = [3, 0];

/// A CSV entry apart from its blocks.
pub struct CsvEntry {
    pub entry: ZipEntry,
    /// What precedes the blocks: the local header, and the CSV header.
    pub head: Vec<u8>,
    /// SHA-256 of the file, where it is known.
    pub sha256: Option<String>,
    /// Ranges of the file, where it is not.
    pub ranges: Vec<RangeRecord>,
}

impl CsvEntry {
    /// Describes the entry of a CSV file with this header and these blocks. `sha256` is that of the file, if it is known.
    pub fn of(path: &str, header: &[u8], blocks: &[Block], sha256: Option<&str>) -> io::Result<Self> {
        let deflated = deflate(header)?;
        let text = blocks.iter().map(|block| Checksum { size: block.text_bytes, crc32: block.crc32 });
        let text = text.fold(Checksum::of(header), Checksum::followed_by);
        let bytes: u64 = blocks.iter().map(|block| block.bytes).sum();
        let entry = ZipEntry {
            name: path.to_owned(),
            method: Method::Deflated,
            crc32: text.crc32,
            compressed: deflated.len() as u64 + bytes + DEFLATE_END.len() as u64,
            uncompressed: text.size,
        };
        let head = [local_header(&entry), deflated].concat();
        let range = |bytes, sha256| RangeRecord { bytes, sha256 };
        let header_range = range(header.len() as u64, hex::encode(Sha256::digest(header)));
        let (sha256, ranges) = match (sha256, blocks) {
            (Some(sha256), _) => (Some(sha256.to_owned()), Vec::new()),
            (None, []) => (Some(header_range.sha256), Vec::new()),
            (None, blocks) => {
                let of_blocks = blocks.iter().map(|block| range(block.text_bytes, block.sha256.clone()));
                (None, std::iter::once(header_range).chain(of_blocks).collect())
            }
        };
        Ok(Self { entry, head, sha256, ranges })
    }
}

/// Deflates a piece of a stream, up to a byte boundary.
fn deflate(piece: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(piece)?;
    encoder.flush()?;
    Ok(encoder.get_ref().clone())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn block(text: &[u8]) -> (Block, Vec<u8>) {
        let deflated = deflate(text).expect("deflates");
        let block = Block {
            object: String::new(),
            rows: 1,
            text_bytes: text.len() as u64,
            bytes: deflated.len() as u64,
            index_bytes: 0,
            crc32: crc32fast::hash(text),
            stored_crc32: crc32fast::hash(&deflated),
            sha256: hex::encode(Sha256::digest(text)),
        };
        (block, deflated)
    }

    #[test]
    fn pieces_make_up_one_stream_with_the_stated_sums() {
        for texts in [&[] as &[&[u8]], &[b"1,a\r\n"], &[b"1,a\r\n", b"2,b\r\n", &b"3,\"c\"\r\n".repeat(9_000)]] {
            let (blocks, bodies): (Vec<_>, Vec<_>) = texts.iter().map(|text| block(text)).unzip();
            let made = CsvEntry::of("Leads.csv", b"id,name\r\n", &blocks, None).expect("describes");
            let stream = [made.head[local_header(&made.entry).len()..].to_vec(), bodies.concat(), DEFLATE_END.to_vec()].concat();
            assert_eq!(stream.len() as u64, made.entry.compressed);
            let mut text = Vec::new();
            flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut text).expect("inflates");
            assert_eq!(text, [b"id,name\r\n", texts.concat().as_slice()].concat());
            assert_eq!((made.entry.uncompressed, made.entry.crc32), (text.len() as u64, crc32fast::hash(&text)));
            let mut rest = text.as_slice();
            for range in &made.ranges {
                let (this, behind) = rest.split_at(range.bytes as usize);
                assert_eq!(hex::encode(Sha256::digest(this)), range.sha256);
                rest = behind;
            }
            assert_eq!(made.sha256.is_some(), made.ranges.is_empty());
            assert!(made.sha256.is_none_or(|sha256| sha256 == hex::encode(Sha256::digest(&text))));
            assert!(made.ranges.is_empty() || rest.is_empty());
        }
    }
}
