//! The records that were erased, as keyed hashes: whoever has the key can ask whether a record was erased, and nobody can read which
//! ones were.

use std::collections::HashSet;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Size of the key in bytes.
const KEY_BYTES: usize = 32;

/// The key of an organisation's hashes.
#[derive(Clone)]
pub struct ErasureKey([u8; KEY_BYTES]);

/// The hash of an erased record: HMAC-SHA-256 over the module's API name and the record's id, as lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ErasedHash(String);

impl ErasureKey {
    /// Reads a key of 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut key).ok().map(|()| Self(key))
    }

    /// Returns the hash of a record.
    pub fn hash(&self, module: &str, id: &str) -> ErasedHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any size");
        // The length tells where the name ends.
        mac.update(&(module.len() as u64).to_be_bytes());
        mac.update(module.as_bytes());
        mac.update(id.as_bytes());
        ErasedHash(hex::encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for ErasureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ErasureKey")
    }
}

/// All records of an organisation that were erased.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    /// `None` if nothing was erased yet.
    key: Option<ErasureKey>,
    hashes: HashSet<ErasedHash>,
}

impl Erased {
    /// Creates the set of these hashes, which were made with this key.
    pub fn new(key: ErasureKey, hashes: impl IntoIterator<Item = ErasedHash>) -> Self {
        Self { key: Some(key), hashes: hashes.into_iter().collect() }
    }

    /// Whether nothing was erased.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Returns whether a record was erased.
    pub fn is_erased(&self, module: &str, id: &str) -> bool {
        !self.hashes.is_empty() && self.key.as_ref().is_some_and(|key| self.hashes.contains(&key.hash(module, id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> ErasureKey {
        ErasureKey::parse(&digit.to_string().repeat(64)).expect("a key")
    }

    #[test]
    fn only_the_key_tells_which_records_were_erased() {
        let hash = key('a').hash("Leads", "42");
        assert!(Erased::new(key('a'), [hash.clone()]).is_erased("Leads", "42"));
        for (module, id) in [("Leads", "4"), ("Lead", "s42"), ("Leads4", "2"), ("", "Leads42")] {
            assert!(!Erased::new(key('a'), [hash.clone()]).is_erased(module, id), "{module} {id}");
        }
        assert!(!Erased::new(key('b'), [hash]).is_erased("Leads", "42"));
        assert!(!Erased::default().is_erased("Leads", "42"));
    }

    /// `printf '\0\0\0\0\0\0\0\5Leads42' | openssl dgst -sha256 -mac HMAC -macopt hexkey:aa…`.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        let hash = serde_json::to_value(key('a').hash("Leads", "42")).expect("JSON");
        assert_eq!(hash, EXPECTED);
    }

    const EXPECTED: &str = "49e29b4572180f4dea15ca4146294c89c20a82f6d42d9b7b5a19781fdcc53374";

    #[test]
    fn a_key_has_64_digits_and_is_never_shown() {
        assert!(ErasureKey::parse("aa").is_none() && ErasureKey::parse(&"g".repeat(64)).is_none());
        assert_eq!(format!("{:?}", key('c')), "ErasureKey");
    }
}
