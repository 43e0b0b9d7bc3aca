//! Signed statements about backups. Each one names the zips of a backup by their hashes, and the statement before it, so that all
//! statements of an organisation form a chain. The text of a statement is JSON in the canonical form of RFC 8785: names in
//! alphabetical order, no white space. What is signed is that text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::backup::ArchiveFile;
use super::id::{BackupId, OrgId};

/// Identifies the format.
pub const STATEMENT_FORMAT: &str = "hozon-statement";
/// Version of the format. Readers accept fields that they do not know.
pub const STATEMENT_VERSION: u32 = 1;
/// Maximum size of a statement's text in bytes: the longest message that AWS KMS signs (AWS KMS API reference: Sign, `Message`).
pub const MAX_STATEMENT_BYTES: usize = 4_096;

/// A statement about a backup. Its fields are in alphabetical order, which makes its JSON canonical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub backup: BackupId,
    /// Numbers of the statements about erasures since the statement about the backup before.
    pub erasures: Vec<u64>,
    pub format: String,
    /// SHA-256 of the public key that verifies the signature, as a DER document.
    pub key: String,
    /// Position in the organisation's chain, from 1.
    pub number: u64,
    pub organisation: OrgId,
    /// SHA-256 of the text of the statement before; `None` in the first one.
    pub previous: Option<String>,
    /// When the backup was completed.
    pub time: DateTime<Utc>,
    pub version: u32,
    /// Number of zips.
    pub zips: u64,
    /// SHA-256 of the list of zips.
    pub zips_sha256: String,
}

/// A zip in the list of zips, which a statement names by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedZip {
    /// CRC-32 of the whole zip, as eight hexadecimal digits.
    pub crc32: Option<String>,
    /// SHA-256 of its `manifest.json`; `None` in Zoho's layout, which has no manifest.
    pub manifest_sha256: Option<String>,
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}

/// A statement as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedStatement {
    pub number: u64,
    pub backup: BackupId,
    pub at: DateTime<Utc>,
    /// The text that was signed.
    pub text: String,
    /// The signature in Base64.
    pub signature: String,
}

/// A public key as a DER document (`SubjectPublicKeyInfo`, RFC 5280).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementKey(pub Vec<u8>);

impl StatedZip {
    /// Describes a zip, with the SHA-256 of its manifest.
    pub fn of(file: &ArchiveFile, manifest_sha256: Option<String>) -> Self {
        let crc32 = file.crc32.map(|crc32| format!("{crc32:08x}"));
        Self { crc32, manifest_sha256, name: file.name.clone(), size: file.size }
    }
}

/// What a statement is about.
pub struct StatedBackup<'a> {
    pub org: OrgId,
    pub backup: BackupId,
    /// Number of zips.
    pub zips: u64,
    /// The list of zips as it is stored.
    pub list: &'a [u8],
    /// When the backup was completed.
    pub at: DateTime<Utc>,
}

impl Statement {
    /// Makes the statement about a backup that follows `previous`.
    pub fn after(previous: Option<&SignedStatement>, stated: &StatedBackup<'_>, key: &StatementKey) -> Self {
        Self {
            backup: stated.backup,
            erasures: Vec::new(),
            format: STATEMENT_FORMAT.to_owned(),
            key: key.fingerprint(),
            number: previous.map_or(1, |previous| previous.number + 1),
            organisation: stated.org,
            previous: previous.map(|previous| sha256(previous.text.as_bytes())),
            time: stated.at.trunc_subsecs(0),
            version: STATEMENT_VERSION,
            zips: stated.zips,
            zips_sha256: sha256(stated.list),
        }
    }

    /// Returns the text to be signed.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Adds the signature of `text`, which is the text of this statement.
    pub fn signed(self, text: String, signature: &[u8]) -> SignedStatement {
        let Self { number, backup, time: at, .. } = self;
        SignedStatement { number, backup, at, text, signature: STANDARD.encode(signature) }
    }

    /// Returns whether this statement is the one after the one with that text, or the first one if there is none before it.
    pub fn follows(&self, before: Option<&str>) -> bool {
        match before {
            Some(text) => self.previous == Some(sha256(text.as_bytes())),
            None => self.number == 1 && self.previous.is_none(),
        }
    }
}

impl SignedStatement {
    /// Returns whether the chain holds between this statement and the one before it, of which the text is given.
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let Ok(statement) = serde_json::from_str::<Statement>(&self.text) else { return false };
        let is_next = before.is_none_or(|before| before.number + 1 == self.number);
        is_next && statement.number == self.number && statement.follows(before.map(|before| before.text.as_str()))
    }

    /// SHA-256 of the text, by which the next statement names this one.
    pub fn sha256(&self) -> String {
        sha256(self.text.as_bytes())
    }
}

impl StatementKey {
    /// SHA-256 of the document, by which statements name the key.
    pub fn fingerprint(&self) -> String {
        sha256(&self.0)
    }

    /// The key as a PEM document (RFC 7468).
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.0);
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for (at, letter) in text.chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(letter);
        }
        pem + "\n-----END PUBLIC KEY-----\n"
    }

    /// Reads a PEM document; `None` if it is not one with a public key.
    pub fn parse_pem(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
        let (inner, _) = rest.split_once("-----END PUBLIC KEY-----")?;
        let digits: String = inner.split_whitespace().collect();
        STANDARD.decode(digits).ok().map(Self)
    }
}

/// Returns the list of zips in canonical form. A statement names it by its SHA-256.
pub fn list_of_zips(zips: &[StatedZip]) -> Result<String, serde_json::Error> {
    serde_json::to_string(zips)
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &[u8] = b"[]";

    fn key() -> StatementKey {
        StatementKey((0..44).collect())
    }

    fn stated(backup: u64) -> StatedBackup<'static> {
        let at = "2026-11-27T19:00:00.5Z".parse().expect("a time");
        StatedBackup { org: OrgId(u64::MAX), backup: BackupId(backup), zips: 1_800, list: LIST, at }
    }

    fn chain(length: u64) -> Vec<SignedStatement> {
        let mut chain: Vec<SignedStatement> = Vec::new();
        for backup in 0..length {
            let statement = Statement::after(chain.last(), &stated(u64::MAX - backup), &key());
            let text = statement.text().expect("JSON");
            chain.push(statement.signed(text, b"signature"));
        }
        chain
    }

    fn breaks(chain: &[SignedStatement]) -> usize {
        (0..chain.len()).filter(|at| !chain[*at].follows(at.checked_sub(1).map(|before| &chain[before]))).count()
    }

    #[test]
    fn the_text_is_canonical_and_short() {
        let chain = chain(2);
        let text = &chain[1].text;
        let sorted: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(sorted.to_string(), *text, "names in order, no white space");
        assert!(text.len() < MAX_STATEMENT_BYTES / 4, "{}", text.len());
        assert!(text.contains("\"time\":\"2026-11-27T19:00:00Z\""), "{text}");
        assert!(text.contains(&format!("\"previous\":\"{}\"", chain[0].sha256())), "{text}");
    }

    #[test]
    fn a_chain_holds_until_a_statement_is_missing() {
        let mut chain = chain(5);
        assert_eq!(breaks(&chain), 0);
        chain.remove(2);
        assert_eq!(breaks(&chain), 1);
        chain.remove(0);
        assert_eq!(breaks(&chain), 2, "the first one is missing too");
    }

    #[test]
    fn a_key_is_read_back_from_its_text() {
        let pem = key().pem();
        assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
        assert_eq!(StatementKey::parse_pem(&pem.replace('\n', "\r\n")), Some(key()));
        assert_eq!(StatementKey::parse_pem("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"), None);
    }

    proptest! {
        #[test]
        fn any_changed_byte_of_an_earlier_statement_breaks_the_chain(at in 0usize..3, place in any::<prop::sample::Index>(), bit in 0u8..7) {
            let mut chain = chain(4);
            let mut bytes = chain[at].text.clone().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            chain[at].text = String::from_utf8(bytes).expect("ASCII");
            prop_assert!(breaks(&chain) > 0);
        }
    }
}
