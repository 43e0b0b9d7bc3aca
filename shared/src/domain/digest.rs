//! Checksums of a file, computed while its bytes are forwarded.

use sha2::{Digest, Sha256};

use super::crm::FileDigest;

/// Computes the checksums of a file incrementally.
#[derive(Debug, Clone, Default)]
pub struct Digester {
    crc: crc32fast::Hasher,
    sha: Sha256,
}

impl Digester {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.sha.update(bytes);
    }

    /// The CRC-32 of all bytes so far.
    pub fn crc32(&self) -> u32 {
        self.crc.clone().finalize()
    }

    /// The checksums of all bytes.
    pub fn finish(self) -> FileDigest {
        let sha256 = hex::encode(self.sha.finalize());
        FileDigest { crc32: self.crc.finalize(), sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standards() {
        let mut digester = Digester::default();
        digester.update(b"1234");
        digester.update(b"56789");
        let digest = digester.finish();
        assert_eq!(digest.crc32, 0xCBF4_3926);
        assert_eq!(digest.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    }
}
