//! Compresses one entry and counts what its headers must say.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use hozon_shared::archive::zip::{Entry, Method};
use sha2::{Digest, Sha256};

/// An entry being made.
pub struct EntryEncoder {
    body: Body,
    crc: crc32fast::Hasher,
    sha: Sha256,
    uncompressed: u64,
    compressed: u64,
}

enum Body {
    Deflated(DeflateEncoder<Vec<u8>>),
    Stored(Vec<u8>),
}

/// What is known of a finished entry.
pub struct Encoded {
    /// Header data.
    pub entry: Entry,
    /// SHA-256 of the uncompressed bytes, in lower-case hex.
    pub sha256: String,
}

impl EntryEncoder {
    /// Begins an entry that is deflated at that level.
    pub fn deflated(level: u32) -> Self {
        Self::new(Body::Deflated(DeflateEncoder::new(Vec::new(), Compression::new(level))))
    }

    /// Begins an entry that is stored as it is.
    pub fn stored() -> Self {
        Self::new(Body::Stored(Vec::new()))
    }

    fn new(body: Body) -> Self {
        Self { body, crc: crc32fast::Hasher::new(), sha: Sha256::new(), uncompressed: 0, compressed: 0 }
    }

    /// Adds uncompressed bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.sha.update(bytes);
        self.uncompressed += bytes.len() as u64;
        match &mut self.body {
            Body::Deflated(encoder) => encoder.write_all(bytes),
            Body::Stored(buffer) => buffer.write_all(bytes),
        }
    }

    /// Number of finished bytes that wait to be taken.
    pub fn waiting(&self) -> usize {
        match &self.body {
            Body::Deflated(encoder) => encoder.get_ref().len(),
            Body::Stored(buffer) => buffer.len(),
        }
    }

    /// Takes the bytes finished so far.
    pub fn take(&mut self) -> Vec<u8> {
        let taken = match &mut self.body {
            Body::Deflated(encoder) => std::mem::take(encoder.get_mut()),
            Body::Stored(buffer) => std::mem::take(buffer),
        };
        self.compressed += taken.len() as u64;
        taken
    }

    /// Ends the entry; gives the last bytes and what its headers say.
    pub fn finish(mut self, name: String) -> io::Result<(Vec<u8>, Encoded)> {
        let (rest, method) = match self.body {
            Body::Deflated(encoder) => (encoder.finish()?, Method::Deflated),
            Body::Stored(buffer) => (buffer, Method::Stored),
        };
        self.compressed += rest.len() as u64;
        let entry =
            Entry { name, method, crc32: self.crc.finalize(), compressed: self.compressed, uncompressed: self.uncompressed };
        Ok((rest, Encoded { entry, sha256: hex(&self.sha.finalize()) }))
    }
}

/// Makes a whole entry at once; stores it where deflate does not make it smaller.
pub fn encode_whole(name: String, bytes: &[u8], level: u32) -> io::Result<(Vec<u8>, Encoded)> {
    let mut deflated = EntryEncoder::deflated(level);
    deflated.write(bytes)?;
    let (body, encoded) = deflated.finish(name)?;
    if encoded.entry.compressed < encoded.entry.uncompressed {
        return Ok((body, encoded));
    }
    let entry = Entry { method: Method::Stored, compressed: encoded.entry.uncompressed, ..encoded.entry };
    Ok((bytes.to_vec(), Encoded { entry, ..encoded }))
}

/// Tells from a sample whether deflate is worth its time.
pub fn is_compressible(sample: &[u8]) -> bool {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(sample).and_then(|()| encoder.finish());
    written.is_ok_and(|packed| packed.len() * 100 < sample.len() * 97)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_do_not_shrink_are_stored() {
        let noise: Vec<u8> = (0u32..4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (n as u8)).collect();
        let random = Sha256::digest(&noise);
        let (body, encoded) = encode_whole("a".into(), &random, 5).expect("encodes");
        assert_eq!((encoded.entry.method, body.as_slice()), (Method::Stored, random.as_slice()));
        let (body, encoded) = encode_whole("b".into(), &[b'x'; 4096], 5).expect("encodes");
        assert_eq!(encoded.entry.method, Method::Deflated);
        assert_eq!(encoded.entry.compressed, body.len() as u64);
    }

    #[test]
    fn an_empty_file_is_stored_with_zero_crc() {
        let (body, encoded) = encode_whole("empty".into(), b"", 5).expect("encodes");
        assert!(body.is_empty());
        assert_eq!((encoded.entry.method, encoded.entry.crc32, encoded.entry.compressed), (Method::Stored, 0, 0));
    }
}
