//! Compares verified zips with the signed statement about their backup, and checks chains of statements.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hozon_shared::domain::statement::{SignedStatement, StatedZip, Statement, StatementKey, StatementLink, sha256};
use serde::Deserialize;

use super::Verified;

/// The bytes before an Ed25519 public key in its DER document (RFC 8410), and those before one of P-256 (RFC 5480).
const ED25519_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// Reasons why zips are not what a statement says.
#[derive(Debug, thiserror::Error)]
pub enum StatementFault {
    #[error("{file} cannot be read")]
    Unreadable {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("{0} has no public key of Ed25519 or P-256 as a PEM document")]
    NoKey(String),
    #[error("{file} is no statement, or no list of zips")]
    NoStatement {
        file: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the signature of {0} is not of this key: the statement was changed, or another key has signed it")]
    Signature(String),
    #[error("the statement is about the backup {stated}, and {zip} belongs to the backup {found}")]
    OtherBackup { stated: String, zip: String, found: String },
    #[error("the list of zips in {0} is not the one that the statement names")]
    List(String),
    #[error("{0} is not among the zips of the statement")]
    UnknownZip(String),
    #[error("{zip} has {found} bytes where the statement has {stated}")]
    Size { zip: String, stated: u64, found: u64 },
    #[error("{0} has another CRC-32 than the statement says")]
    Crc32(String),
    #[error("{0} has another manifest than the statement says")]
    Manifest(String),
}

/// A statement whose signature is right.
#[derive(Debug)]
pub struct TrustedStatement {
    pub statement: Statement,
    pub zips: Vec<StatedZip>,
}

/// The files of a statement.
pub struct StatementFiles {
    /// The text that was signed.
    pub statement: PathBuf,
    /// Its signature, as bytes.
    pub signature: PathBuf,
    /// The list of zips.
    pub zips: PathBuf,
}

impl StatementFiles {
    /// The files beside a statement: `NAME.sig`, and `zips.json`.
    pub fn beside(statement: &Path) -> Self {
        let (signature, zips) = (statement.with_extension("sig"), statement.with_file_name("zips.json"));
        Self { statement: statement.to_owned(), signature, zips }
    }
}

/// Reads a public key.
pub fn read_key(file: &Path) -> Result<StatementKey, StatementFault> {
    let text = String::from_utf8_lossy(&read(file)?).into_owned();
    let key = StatementKey::parse_pem(&text).filter(|key| key.0.starts_with(&ED25519_HEAD) || key.0.starts_with(&P256_HEAD));
    key.ok_or_else(|| StatementFault::NoKey(file.display().to_string()))
}

/// Reads a statement, and checks its signature and its list of zips.
pub fn read_statement(files: &StatementFiles, key: &StatementKey) -> Result<TrustedStatement, StatementFault> {
    let text = read(&files.statement)?;
    let name = files.statement.display().to_string();
    if !is_signed(key, &text, &read(&files.signature)?) {
        return Err(StatementFault::Signature(name));
    }
    let statement: Statement =
        serde_json::from_slice(&text).map_err(|source| StatementFault::NoStatement { file: name, source })?;
    let (list, file) = (read(&files.zips)?, files.zips.display().to_string());
    if sha256(&list) != statement.zips_sha256 {
        return Err(StatementFault::List(file));
    }
    let zips = serde_json::from_slice(&list).map_err(|source| StatementFault::NoStatement { file, source })?;
    Ok(TrustedStatement { statement, zips })
}

/// Compares a verified zip with the statement: its name, size, CRC-32 and manifest.
pub fn compare(trusted: &TrustedStatement, zip: &Path, verified: &Verified) -> Result<(), StatementFault> {
    let shown = || zip.display().to_string();
    let (stated, found) = (trusted.statement.backup, verified.member.backup);
    if stated != found {
        return Err(StatementFault::OtherBackup { stated: stated.to_string(), zip: shown(), found: found.to_string() });
    }
    let name = zip.file_name().unwrap_or_default().to_string_lossy();
    let stated = trusted.zips.iter().find(|stated| stated.name == name).ok_or_else(|| StatementFault::UnknownZip(shown()))?;
    let (size, crc32) = measure(zip).map_err(|source| StatementFault::Unreadable { file: shown(), source })?;
    if size != stated.size {
        return Err(StatementFault::Size { zip: shown(), stated: stated.size, found: size });
    }
    if stated.crc32.as_ref().is_some_and(|stated| *stated != format!("{crc32:08x}")) {
        return Err(StatementFault::Crc32(shown()));
    }
    match &stated.manifest_sha256 {
        Some(sha256) if *sha256 == verified.manifest_sha256 => Ok(()),
        _ => Err(StatementFault::Manifest(shown())),
    }
}

/// What the check of a chain has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CheckedChain {
    /// Number of statements.
    pub statements: usize,
    /// Numbers of the statements that do not follow the one before them.
    pub broken: Vec<u64>,
    /// Numbers of the statements that this key has not signed.
    pub unsigned: Vec<u64>,
}

#[derive(Deserialize)]
struct Answer {
    statements: Vec<Chained>,
}

#[derive(Deserialize)]
struct Chained {
    number: u64,
    text: String,
    signature: String,
}

/// Checks a chain of statements: the answer of `GET backup/statements`, or several of its pages. Statements that the files do not
/// contain before their first one are not missed.
pub fn check_chain(files: &[PathBuf], key: &StatementKey) -> Result<CheckedChain, StatementFault> {
    let mut chain = Vec::new();
    for file in files {
        let unreadable = |source| StatementFault::NoStatement { file: file.display().to_string(), source };
        let answer: Answer = serde_json::from_slice(&read(file)?).map_err(unreadable)?;
        chain.extend(answer.statements);
    }
    chain.sort_by_key(|one| one.number);
    let mut checked = CheckedChain { statements: chain.len(), ..CheckedChain::default() };
    for (at, one) in chain.iter().enumerate() {
        let is_signed = STANDARD.decode(&one.signature).is_ok_and(|signature| is_signed(key, one.text.as_bytes(), &signature));
        if !is_signed {
            checked.unsigned.push(one.number);
        }
        let before = at.checked_sub(1).map(|before| &chain[before]);
        if (before.is_some() || one.number == 1) && !follows(one, before) {
            checked.broken.push(one.number);
        }
    }
    Ok(checked)
}

fn follows(one: &Chained, before: Option<&Chained>) -> bool {
    stored(one).is_some_and(|one| one.follows(before.and_then(stored).as_ref()))
}

/// The statement as it is stored; `None` if its text is none.
fn stored(one: &Chained) -> Option<SignedStatement> {
    let StatementLink { backup, erasure, time: at, .. } = serde_json::from_str(&one.text).ok()?;
    let (text, signature) = (one.text.clone(), one.signature.clone());
    Some(SignedStatement { number: one.number, backup, erasure, at, text, signature })
}

fn is_signed(key: &StatementKey, text: &[u8], signature: &[u8]) -> bool {
    let verified = if let Some(point) = key.0.strip_prefix(&ED25519_HEAD) {
        UnparsedPublicKey::new(&ED25519, point).verify(text, signature)
    } else {
        let point = key.0.strip_prefix(&P256_HEAD).unwrap_or_default();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(text, signature)
    };
    verified.is_ok()
}

fn read(file: &Path) -> Result<Vec<u8>, StatementFault> {
    std::fs::read(file).map_err(|source| StatementFault::Unreadable { file: file.display().to_string(), source })
}

/// Size and CRC-32 of a file.
fn measure(file: &Path) -> io::Result<(u64, u32)> {
    let mut reader = BufReader::with_capacity(CHUNK, File::open(file)?);
    let (mut chunk, mut size, mut crc) = (vec![0; CHUNK], 0, crc32fast::Hasher::new());
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok((size, crc.finalize())),
            read => {
                size += read as u64;
                crc.update(&chunk[..read]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use chrono::DateTime;
    use hozon_shared::domain::id::{BackupId, OrgId};
    use hozon_shared::domain::statement::{StatedBackup, list_of_zips};

    use super::*;

    struct Files {
        folder: tempfile::TempDir,
        key: StatementKey,
    }

    impl Files {
        fn of(head: &[u8], public: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> Self {
            let (folder, key) = (tempfile::tempdir().expect("a folder"), StatementKey([head, public].concat()));
            let zip = StatedZip { crc32: None, manifest_sha256: None, name: "Data_001.zip".to_owned(), size: 3 };
            let list = list_of_zips(&[zip]).expect("JSON");
            let at = DateTime::UNIX_EPOCH;
            let stated = StatedBackup { org: OrgId(1), backup: BackupId(2), zips: 1, list: list.as_bytes(), at, replaces: None };
            let text = Statement::after(&[], &stated, &key).text().expect("JSON");
            for (name, bytes) in
                [("statement.json", text.as_bytes()), ("statement.sig", &sign(text.as_bytes())), ("zips.json", list.as_bytes())]
            {
                std::fs::write(folder.path().join(name), bytes).expect("writes");
            }
            Self { folder, key }
        }

        fn ed25519() -> Self {
            let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
            Self::of(&ED25519_HEAD, pair.public_key().as_ref(), |text| pair.sign(text).as_ref().to_vec())
        }

        fn p256() -> Self {
            let random = SystemRandom::new();
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).expect("a key");
            Self::of(&P256_HEAD, pair.public_key().as_ref(), |text| pair.sign(&random, text).expect("signs").as_ref().to_vec())
        }

        fn read(&self) -> Result<TrustedStatement, StatementFault> {
            read_statement(&StatementFiles::beside(&self.folder.path().join("statement.json")), &self.key)
        }
    }

    #[test]
    fn every_changed_byte_of_a_statement_is_noticed() {
        for files in [Files::ed25519(), Files::p256()] {
            files.read().expect("is right");
            for name in ["statement.json", "statement.sig", "zips.json"] {
                let path = files.folder.path().join(name);
                let good = std::fs::read(&path).expect("reads");
                for at in 0..good.len() {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << (at % 8);
                    std::fs::write(&path, &bad).expect("writes");
                    assert!(files.read().is_err(), "{name}, byte {at}");
                }
                std::fs::write(&path, &good).expect("writes");
            }
            files.read().expect("is right again");
        }
    }

    #[test]
    fn another_key_is_noticed() {
        let files = Files { key: Files::p256().key, ..Files::ed25519() };
        assert!(matches!(files.read(), Err(StatementFault::Signature(_))));
    }
}
