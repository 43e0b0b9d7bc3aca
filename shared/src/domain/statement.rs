//! Signed statements about backups and erasures. One about a backup names its zips by their hashes, one about an erasure names the erased
//! records by keyed hashes. Each names the statement before it, so that all statements of an organisation form a chain. The text of a statement is JSON in the canonical form of RFC 8785: names in
//! alphabetical order, no white space. What is signed is that text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::backup::ArchiveFile;
use super::erasure::ErasedHash;
use super::id::{BackupId, ErasureId, OrgId};

/// Identifies the format.
pub const STATEMENT_FORMAT: &str = "hozon-statement";
/// Identifies the format of a statement about an erasure.
pub const ERASURE_FORMAT: &str = "hozon-erasure";
/// Version of the format. Readers accept fields that they do not know.
pub const STATEMENT_VERSION: u32 = 1;
/// Maximum size of a statement's text in bytes: the longest message that AWS KMS signs (AWS KMS API reference: Sign, `Message`).
pub const MAX_STATEMENT_BYTES: usize = 4_096;

/// Maximum number of erasures that the statement about a backup names: the newest ones. It stays short then.
pub const MAX_STATED_ERASURES: usize = 100;

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
    /// Number of the statement about the zips in the place of which these were made after an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// When the zips were completed.
    pub time: DateTime<Utc>,
    pub version: u32,
    /// Number of zips.
    pub zips: u64,
    /// SHA-256 of the list of zips.
    pub zips_sha256: String,
}

/// A statement about an erasure. Its fields are in alphabetical order, as above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureStatement {
    pub erasure: ErasureId,
    pub format: String,
    /// SHA-256 of the public key that verifies the signature, as a DER document.
    pub key: String,
    /// Position in the organisation's chain, from 1.
    pub number: u64,
    pub organisation: OrgId,
    /// SHA-256 of the text of the statement before; `None` in the first one.
    pub previous: Option<String>,
    /// Number of erased records.
    pub records: u64,
    /// SHA-256 of the list of the records' keyed hashes.
    pub records_sha256: String,
    /// When the erasure was completed.
    pub time: DateTime<Utc>,
    pub version: u32,
}

/// An erased record in the list of records, which a statement names by its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatedRecord {
    pub hash: ErasedHash,
    /// API name of the module.
    pub module: String,
}

/// What statements of all kinds have, for the check of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatementLink {
    pub number: u64,
    pub previous: Option<String>,
    pub time: DateTime<Utc>,
    /// The backup that it is about.
    pub backup: Option<BackupId>,
    /// The erasure that it is about.
    pub erasure: Option<ErasureId>,
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
    /// The backup that it is about; `None` for an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupId>,
    /// The erasure that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<ErasureId>,
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
    /// When the zips were completed.
    pub at: DateTime<Utc>,
    /// Number of the statement about the zips in the place of which these were made.
    pub replaces: Option<u64>,
}

impl Statement {
    /// Makes the statement about a backup that follows `newest`: the statements so far, newest first, back to the one about the backup
    /// before.
    pub fn after(newest: &[SignedStatement], stated: &StatedBackup<'_>, key: &StatementKey) -> Self {
        let previous = newest.first();
        let mut erasures: Vec<u64> = newest.iter().take_while(|one| one.backup.is_none()).map(|one| one.number).collect();
        erasures.truncate(MAX_STATED_ERASURES);
        erasures.reverse();
        Self {
            backup: stated.backup,
            erasures,
            format: STATEMENT_FORMAT.to_owned(),
            key: key.fingerprint(),
            number: previous.map_or(1, |previous| previous.number + 1),
            organisation: stated.org,
            previous: previous.map(|previous| sha256(previous.text.as_bytes())),
            replaces: stated.replaces,
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
        SignedStatement { number, backup: Some(backup), erasure: None, at, text, signature: STANDARD.encode(signature) }
    }
}

impl ErasureStatement {
    /// Makes the statement about an erasure that follows `previous`. `list` is the list of records as it is stored.
    pub fn after(
        previous: Option<&SignedStatement>,
        (org, erasure): (OrgId, ErasureId),
        (records, list): (u64, &[u8]),
        at: DateTime<Utc>,
        key: &StatementKey,
    ) -> Self {
        Self {
            erasure,
            format: ERASURE_FORMAT.to_owned(),
            key: key.fingerprint(),
            number: previous.map_or(1, |previous| previous.number + 1),
            organisation: org,
            previous: previous.map(SignedStatement::sha256),
            records,
            records_sha256: sha256(list),
            time: at.trunc_subsecs(0),
            version: STATEMENT_VERSION,
        }
    }

    /// Returns the text to be signed.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Adds the signature of `text`, which is the text of this statement.
    pub fn signed(self, text: String, signature: &[u8]) -> SignedStatement {
        let Self { number, erasure, time: at, .. } = self;
        SignedStatement { number, backup: None, erasure: Some(erasure), at, text, signature: STANDARD.encode(signature) }
    }
}

impl StatementLink {
    /// Returns whether this statement is the one after the one with that text, or the first one if there is none before it.
    fn follows(&self, before: Option<&str>) -> bool {
        match before {
            Some(text) => self.previous == Some(sha256(text.as_bytes())),
            None => self.number == 1 && self.previous.is_none(),
        }
    }
}

impl SignedStatement {
    /// Returns whether the chain holds between this statement and the one before it, of which the text is given.
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let Ok(statement) = serde_json::from_str::<StatementLink>(&self.text) else { return false };
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

/// Returns the list of erased records in canonical form, ordered by their hashes. A statement names it by its SHA-256.
pub fn list_of_records(mut records: Vec<StatedRecord>) -> Result<String, serde_json::Error> {
    records.sort_unstable();
    serde_json::to_string(&records)
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
