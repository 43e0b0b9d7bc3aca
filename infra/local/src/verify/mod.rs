//! Reads an archive byte by byte, and compares it with its own manifest.

mod content;
mod difference;
mod statement;
mod structure;

use std::collections::HashMap;
use std::path::Path;

use hozon_shared::archive::cells::Escaping;
use hozon_shared::archive::manifest::{FORMAT, FileRecord, Manifest, VERSION};
use hozon_shared::archive::zoho_layout::{ATTACHMENTS, DATA, IMAGES, METADATA};
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::statement::sha256;

use crate::import::inputs::{ImportInput, InputFile, ZipReading, open_zip};
use crate::import::own_set::{Member, check_complete};
use content::{MeasuredEntry, read};

pub use crate::import::own_set::SetFault;
pub use difference::{Difference, DifferenceKind};
pub use statement::{
    CheckedChain, StatementFault, StatementFiles, TrustedStatement, check_chain, compare, read_key, read_statement,
};
pub use structure::FrameFault;

const MANIFEST: &str = "manifest.json";
const ATTACHMENT_INDEX: &str = "attachments.csv";

/// Result of a successful verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The zip's position in its backup.
    pub member: Member,
    /// Name of the organisation.
    pub organisation: String,
    /// Number of entries.
    pub entries: usize,
    /// Number of CSV rows without headers.
    pub rows: u64,
    /// Uncompressed size.
    pub bytes: u64,
    /// SHA-256 of the manifest.
    pub manifest_sha256: String,
}

/// Verifies the zip's structure to the last byte, and every entry: CRC, SHA-256, size and rows match the manifest, and
/// the zip contains nothing else. For an attachments zip, the index is verified too. `tell` receives the number of
/// verified entries and the total. Stops at the first difference.
pub async fn verify(zip: &Path, tell: &mut dyn FnMut(usize, usize)) -> Result<Verified, Difference> {
    let name = zip.display().to_string();
    check_frame(zip, &name).await?;
    let reading = ZipReading { names: None, zone: chrono_tz::UTC };
    let input = open_zip(zip, reading).await.map_err(|error| Difference::of(&name, "", DifferenceKind::Unreadable(error)))?;
    if is_of_zoho(&input) {
        return Err(read_all(&name, &input, tell)
            .await
            .err()
            .unwrap_or_else(|| Difference::of(&name, "", DifferenceKind::ZohoLayout)));
    }
    let (manifest, manifest_sha256) = manifest(&name, &input).await?;
    let records = records(&name, &input, &manifest)?;
    let entries = input.files.len();
    let Manifest { backup, kind, part, parts, .. } = manifest;
    let (organisation, member) = (manifest.organisation.name.clone(), Member { name: name.clone(), backup, kind, part, parts });
    let mut verified = Verified { member, organisation, entries, rows: 0, bytes: 0, manifest_sha256 };
    let mut listed = HashMap::new();
    for (at, file) in input.files.iter().enumerate() {
        let record = records.get(file.path.as_str());
        let found = entry(&name, file, record.copied(), manifest.csv.escaping()).await?;
        verified.rows += found.rows.unwrap_or(0);
        verified.bytes += found.bytes;
        if file.path == ATTACHMENT_INDEX {
            listed = found.listed;
        }
        tell(at + 1, entries);
    }
    if manifest.kind == ArchiveKind::Attachments {
        compare_index(&name, &manifest, listed)?;
    }
    Ok(verified)
}

/// Returns whether the verified zips are complete: all parts of every kind of which there is one.
pub fn check_set(zips: &[Verified]) -> Result<(), SetFault> {
    let members: Vec<Member> = zips.iter().map(|zip| zip.member.clone()).collect();
    check_complete(&members)
}

/// Returns whether a zip has no manifest and only names of Zoho's layout. Without files, it may be empty.
fn is_of_zoho(input: &ImportInput) -> bool {
    let is_attachment =
        |path: &str| path.split_once('_').is_some_and(|(id, _)| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_known = |path: &str| match path.split_once('/') {
        Some((folder, _)) => [DATA, METADATA, IMAGES, ATTACHMENTS].contains(&folder),
        None => is_attachment(path),
    };
    let has_manifest = input.files.iter().any(|file| file.path == MANIFEST);
    !has_manifest && input.files.iter().all(|file| is_known(&file.path))
}

/// Reads all entries, which compares each with its CRC-32 and size.
async fn read_all(zip: &str, input: &ImportInput, tell: &mut dyn FnMut(usize, usize)) -> Result<(), Difference> {
    for (at, file) in input.files.iter().enumerate() {
        entry(zip, file, None, Escaping::None).await?;
        tell(at + 1, input.files.len());
    }
    Ok(())
}

async fn check_frame(zip: &Path, name: &str) -> Result<(), Difference> {
    let path = zip.to_owned();
    let checked = tokio::task::spawn_blocking(move || structure::check(&path)).await;
    let stopped = |error: tokio::task::JoinError| (String::new(), FrameFault::Unreadable(std::io::Error::other(error).into()));
    let checked = checked.map_err(stopped).and_then(|checked| checked);
    checked.map_err(|(entry, fault)| Difference::of(name, &entry, DifferenceKind::Frame(fault)))
}

/// Reads the manifest, and computes its SHA-256.
async fn manifest(zip: &str, input: &ImportInput) -> Result<(Manifest, String), Difference> {
    let differs = |what| Difference::of(zip, MANIFEST, what);
    let file = input.files.iter().find(|file| file.path == MANIFEST).ok_or_else(|| differs(DifferenceKind::Missing))?;
    let json = file.read().await.map_err(|error| differs(DifferenceKind::Unreadable(error)))?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| differs(DifferenceKind::NoManifest(error)))?;
    if manifest.format != FORMAT || !(1..=VERSION).contains(&manifest.version) {
        return Err(differs(DifferenceKind::OtherFormat { format: manifest.format, version: manifest.version }));
    }
    Ok((manifest, sha256(&json)))
}

/// Returns the manifest's record of each entry, after checking that zip and manifest list the same entries.
fn records<'a>(zip: &str, input: &ImportInput, manifest: &'a Manifest) -> Result<HashMap<&'a str, &'a FileRecord>, Difference> {
    let mut records = HashMap::new();
    for record in &manifest.files {
        if records.insert(record.path.as_str(), record).is_some() {
            return Err(Difference::of(zip, &record.path, DifferenceKind::ListedTwice));
        }
    }
    let mut there = std::collections::HashSet::new();
    for file in &input.files {
        if !there.insert(file.path.as_str()) {
            return Err(Difference::of(zip, &file.path, DifferenceKind::Twice));
        }
        if file.path != MANIFEST && !records.contains_key(file.path.as_str()) {
            return Err(Difference::of(zip, &file.path, DifferenceKind::NotListed));
        }
    }
    match manifest.files.iter().find(|record| !there.contains(record.path.as_str())) {
        Some(record) => Err(Difference::of(zip, &record.path, DifferenceKind::Missing)),
        None => Ok(records),
    }
}

async fn entry(
    zip: &str,
    file: &InputFile,
    record: Option<&FileRecord>,
    escaping: Escaping,
) -> Result<MeasuredEntry, Difference> {
    let differs = |what| Difference::of(zip, &file.path, what);
    let found = read(file, record, escaping).await.map_err(|error| differs(DifferenceKind::Unreadable(error)))?;
    let Some(record) = record else { return Ok(found) };
    if found.bytes != record.bytes {
        return Err(differs(DifferenceKind::Bytes { manifest: record.bytes, found: found.bytes }));
    }
    if !found.is_as_recorded {
        return Err(differs(DifferenceKind::Sha256));
    }
    if found.rows != record.rows {
        return Err(differs(DifferenceKind::Rows { manifest: record.rows, found: found.rows }));
    }
    Ok(found)
}

/// Checks that the index lists every attachment with its size and SHA-256, and nothing else.
fn compare_index(zip: &str, manifest: &Manifest, mut listed: HashMap<String, (String, String)>) -> Result<(), Difference> {
    for record in manifest.files.iter().filter(|record| record.module.is_some()) {
        let expected = record.sha256.clone().map(|sha256| (record.bytes.to_string(), sha256));
        if expected.is_none() || listed.remove(&record.path) != expected {
            return Err(Difference::of(zip, &record.path, DifferenceKind::Index));
        }
    }
    match listed.into_keys().next() {
        Some(path) => Err(Difference::of(zip, &path, DifferenceKind::Index)),
        None => Ok(()),
    }
}
