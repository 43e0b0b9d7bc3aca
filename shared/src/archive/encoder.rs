//! Compresses an entry, and computes the values in its headers.

use std::io::{self, Write};

use crate::archive::zip::{Method, ZipEntry};
use crate::domain::digest::Digester;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// An entry that is being encoded.
pub struct EntryEncoder {
    body: Body,
    digester: Digester,
    uncompressed: u64,
    compressed: u64,
}

enum Body {
    Deflated(DeflateEncoder<Vec<u8>>),
    Stored(Vec<u8>),
}

/// Header values and digest of a finished entry.
pub struct Encoded {
    pub entry: ZipEntry,
    /// SHA-256 of the uncompressed bytes as lower-case hexadecimal digits.
    pub sha256: String,
}

impl EntryEncoder {
    /// Starts an entry that is deflated at the given level.
    pub fn deflated(level: u32) -> Self {
        Self::new(Body::Deflated(DeflateEncoder::new(Vec::new(), Compression::new(level))))
    }

    /// Starts an entry that is stored without compression.
    pub fn stored() -> Self {
        Self::new(Body::Stored(Vec::new()))
    }

    fn new(body: Body) -> Self {
        Self { body, digester: Digester::default(), uncompressed: 0, compressed: 0 }
    }

    /// Adds uncompressed bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digester.update(bytes);
        self.uncompressed += bytes.len() as u64;
        match &mut self.body {
            Body::Deflated(encoder) => encoder.write_all(bytes),
            Body::Stored(buffer) => buffer.write_all(bytes),
        }
    }

    /// Number of encoded bytes that can be taken.
    pub fn waiting(&self) -> usize {
        match &self.body {
            Body::Deflated(encoder) => encoder.get_ref().len(),
            Body::Stored(buffer) => buffer.len(),
        }
    }

    /// Takes the bytes encoded so far.
    pub fn take(&mut self) -> Vec<u8> {
        let buffer = match &mut self.body {
            Body::Deflated(encoder) => encoder.get_mut(),
            Body::Stored(buffer) => buffer,
        };
        self.compressed += buffer.len() as u64;
        // The next chunk will have about the same size.
        let next = Vec::with_capacity(buffer.len());
        std::mem::replace(buffer, next)
    }

    /// Finishes the entry; returns the last bytes and the header values.
    pub fn finish(mut self, name: String) -> io::Result<(Vec<u8>, Encoded)> {
        let (rest, method) = match self.body {
            Body::Deflated(encoder) => (encoder.finish()?, Method::Deflated),
            Body::Stored(buffer) => (buffer, Method::Stored),
        };
        self.compressed += rest.len() as u64;
        let digest = self.digester.finish();
        let entry = ZipEntry { name, method, crc32: digest.crc32, compressed: self.compressed, uncompressed: self.uncompressed };
        Ok((rest, Encoded { entry, sha256: digest.sha256 }))
    }
}

/// Encodes complete entries one after the other, reusing its memory.
pub struct WholeEncoder(DeflateEncoder<Vec<u8>>);

impl WholeEncoder {
    /// Creates an encoder that deflates at the given level.
    pub fn new(level: u32) -> Self {
        Self(DeflateEncoder::new(Vec::new(), Compression::new(level)))
    }

    /// Deflates an entry, or stores it if deflate does not make it smaller.
    pub fn encode(&mut self, name: String, bytes: Bytes) -> io::Result<(Bytes, Encoded)> {
        self.0.write_all(&bytes)?;
        let body = self.0.reset(Vec::new())?;
        let (stored, encoded) = store_whole(name, bytes);
        if body.len() >= stored.len() {
            return Ok((stored, encoded));
        }
        let entry = ZipEntry { method: Method::Deflated, compressed: body.len() as u64, ..encoded.entry };
        Ok((Bytes::from(body), Encoded { entry, ..encoded }))
    }
}

/// Encodes a complete entry without compression.
pub fn store_whole(name: String, bytes: Bytes) -> (Bytes, Encoded) {
    let mut digester = Digester::default();
    digester.update(&bytes);
    let (digest, size) = (digester.finish(), bytes.len() as u64);
    let entry = ZipEntry { name, method: Method::Stored, crc32: digest.crc32, compressed: size, uncompressed: size };
    (bytes, Encoded { entry, sha256: digest.sha256 })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn bytes_that_do_not_shrink_are_stored_and_one_encoder_serves_all() {
        let noise: Vec<u8> = (0u32..4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (n as u8)).collect();
        let random = Sha256::digest(&noise);
        let mut encoder = WholeEncoder::new(5);
        for _ in 0..2 {
            let (body, encoded) = encoder.encode("a".into(), random.to_vec().into()).expect("encodes");
            assert_eq!((encoded.entry.method, &body[..]), (Method::Stored, random.as_slice()));
            let (body, encoded) = encoder.encode("b".into(), vec![b'x'; 4096].into()).expect("encodes");
            assert_eq!(encoded.entry.method, Method::Deflated);
            assert_eq!(encoded.entry.compressed, body.len() as u64);
            let mut alone = EntryEncoder::deflated(5);
            alone.write(&[b'x'; 4096]).expect("encodes");
            assert_eq!(alone.finish("b".into()).expect("encodes").0, body);
        }
    }

    #[test]
    fn an_empty_file_is_stored_with_zero_crc() {
        let (body, encoded) = WholeEncoder::new(5).encode("empty".into(), Bytes::new()).expect("encodes");
        assert!(body.is_empty());
        assert_eq!((encoded.entry.method, encoded.entry.crc32, encoded.entry.compressed), (Method::Stored, 0, 0));
    }
}
