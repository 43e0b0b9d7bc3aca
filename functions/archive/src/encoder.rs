//! Compresses one entry and counts what its headers must say.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use hozon_shared::archive::zip::{Entry, Method};
use hozon_shared::sources::digest::Digester;

/// An entry being made.
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
        let digest = self.digester.finish();
        let entry = Entry { name, method, crc32: digest.crc32, compressed: self.compressed, uncompressed: self.uncompressed };
        Ok((rest, Encoded { entry, sha256: digest.sha256 }))
    }
}

/// Makes a whole entry at once; stores it where deflate does not make it smaller.
pub fn encode_whole(name: String, bytes: Bytes, level: u32) -> io::Result<(Bytes, Encoded)> {
    let mut deflated = EntryEncoder::deflated(level);
    deflated.write(&bytes)?;
    let (body, encoded) = deflated.finish(name)?;
    if encoded.entry.compressed < encoded.entry.uncompressed {
        return Ok((Bytes::from(body), encoded));
    }
    let entry = Entry { method: Method::Stored, compressed: encoded.entry.uncompressed, ..encoded.entry };
    Ok((bytes, Encoded { entry, ..encoded }))
}

/// Makes a whole entry that is stored as it is.
pub fn store_whole(name: String, bytes: Bytes) -> io::Result<(Bytes, Encoded)> {
    let mut digester = Digester::default();
    digester.update(&bytes);
    let (digest, size) = (digester.finish(), bytes.len() as u64);
    let entry = Entry { name, method: Method::Stored, crc32: digest.crc32, compressed: size, uncompressed: size };
    Ok((bytes, Encoded { entry, sha256: digest.sha256 }))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn bytes_that_do_not_shrink_are_stored() {
        let noise: Vec<u8> = (0u32..4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (n as u8)).collect();
        let random = Sha256::digest(&noise);
        let (body, encoded) = encode_whole("a".into(), random.to_vec().into(), 5).expect("encodes");
        assert_eq!((encoded.entry.method, &body[..]), (Method::Stored, random.as_slice()));
        let (body, encoded) = encode_whole("b".into(), vec![b'x'; 4096].into(), 5).expect("encodes");
        assert_eq!(encoded.entry.method, Method::Deflated);
        assert_eq!(encoded.entry.compressed, body.len() as u64);
    }

    #[test]
    fn an_empty_file_is_stored_with_zero_crc() {
        let (body, encoded) = encode_whole("empty".into(), Bytes::new(), 5).expect("encodes");
        assert!(body.is_empty());
        assert_eq!((encoded.entry.method, encoded.entry.crc32, encoded.entry.compressed), (Method::Stored, 0, 0));
    }
}
