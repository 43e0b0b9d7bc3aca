//! Every file of every input, each with what it is: a part of one of our backups, a module's CSV, an attachment, a system's file, or
//! something that an import does not load. Nothing is left out of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;

use hozon_shared::archive::manifest::Manifest;
use hozon_shared::domain::backup::ArchiveKind;
use unicode_normalization::UnicodeNormalization;

use super::error::ImportError;
use super::inputs::{self, Input, InputFile, ZipReading};
use super::notes::{Note, Reason, Skipped};
use super::own;

const MANIFEST: &str = "manifest.json";
const ATTACHMENTS: &str = "attachments";

/// All inputs, sorted.
#[derive(Default)]
pub struct Inventory {
    /// Parts of our own backups.
    pub own: Vec<OwnPart>,
    /// CSV files of other makers.
    pub csv: Vec<InputFile>,
    /// Attachments of other makers.
    pub attachments: Vec<Loose>,
    /// What is not loaded.
    pub skipped: Vec<Skipped>,
    /// What a person is told.
    pub notes: Vec<Note>,
}

/// A zip of one of our backups, or the folder that it was unpacked to, or single CSV files of that folder.
pub struct OwnPart {
    /// How messages call it.
    pub name: String,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its files by their path, composed (NFC).
    pub files: HashMap<String, InputFile>,
    /// Whether only some of its files were named.
    pub is_partial: bool,
}

/// An attachment that no index of ours describes.
pub struct Loose {
    /// Its path from the folder of attachments on.
    pub path: String,
    /// Whether folders of unknown meaning may stand before the module's.
    pub may_be_wrapped: bool,
    /// The file.
    pub file: InputFile,
}

impl OwnPart {
    /// One of its files.
    pub fn file(&self, path: &str) -> Option<&InputFile> {
        self.files.get(&composed(path))
    }
}

/// A path as all systems name it: macOS decomposes letters with marks.
pub fn composed(path: &str) -> String {
    path.nfc().collect()
}

/// Takes stock of everything that a person named. Zips in folders are inputs of their own.
pub async fn take(from: &[PathBuf], zips: ZipReading) -> Result<Inventory, ImportError> {
    let mut inventory = Inventory::default();
    let mut waiting: VecDeque<PathBuf> = from.iter().cloned().collect();
    while let Some(path) = waiting.pop_front() {
        let mut input = inputs::open(&path, zips).await?;
        inventory.notes.append(&mut input.notes);
        inventory.skipped.append(&mut input.skipped);
        if let [file] = input.files.as_slice()
            && path.is_file()
            && !file.is_zip()
            && let Some(part) = beside_its_manifest(&path, file).await?
        {
            inventory.add_partial(part);
            continue;
        }
        take_own(&mut inventory, &mut input).await?;
        let found = sort(&mut inventory, input)?;
        waiting.extend(found);
    }
    Ok(inventory)
}

impl Inventory {
    /// Single files of the same folder are one part.
    fn add_partial(&mut self, part: OwnPart) {
        match self.own.iter_mut().find(|known| known.is_partial && known.name == part.name) {
            Some(known) => known.files.extend(part.files),
            None => self.own.push(part),
        }
    }
}

/// A CSV file that was named alone, if the manifest of one of our backups lies beside it and lists it.
async fn beside_its_manifest(path: &std::path::Path, file: &InputFile) -> Result<Option<OwnPart>, ImportError> {
    let Some(document) = inputs::sibling(path, MANIFEST).await else { return Ok(None) };
    let Some(manifest) = own::manifest(&document).await? else { return Ok(None) };
    let listed = manifest.files.iter().find(|record| composed(&record.path) == composed(&file.path));
    let Some(module) = listed.and_then(|record| record.module.clone()).filter(|_| manifest.kind == ArchiveKind::Data) else {
        return Ok(None);
    };
    let mut files = HashMap::from([(composed(&file.path), file.clone())]);
    for record in manifest.files.iter().filter(|record| own::is_field_document(&record.path)) {
        if let Some(fields) = inputs::sibling(path, &record.path).await {
            files.insert(composed(&record.path), fields);
        }
    }
    tracing::debug!(module, "a file of a backup was named alone");
    Ok(Some(OwnPart { name: document.name, manifest, files, is_partial: true }))
}

/// Moves the parts of our backups out of an input: each manifest, at any depth, stands for the folder around it.
async fn take_own(inventory: &mut Inventory, input: &mut Input) -> Result<(), ImportError> {
    let mut manifests: Vec<InputFile> = input.files.iter().filter(|file| may_be_ours(&file.path)).cloned().collect();
    manifests.sort_by_key(|file| (file.path.matches('/').count(), file.path.clone()));
    for document in manifests {
        let is_there = input.files.iter().any(|file| file.path == document.path);
        if !is_there {
            continue;
        }
        let Some(manifest) = own::manifest(&document).await? else { continue };
        let folder = document.path.strip_suffix(MANIFEST).unwrap_or_default().to_owned();
        let name = if folder.is_empty() { input.name.clone() } else { document.name.trim_end_matches(MANIFEST).to_owned() };
        let (inside, outside): (Vec<_>, Vec<_>) =
            std::mem::take(&mut input.files).into_iter().partition(|file| file.path.starts_with(&folder));
        input.files = outside;
        let part = part(inventory, name, manifest, &folder, inside)?;
        inventory.own.push(part);
    }
    Ok(())
}

/// A manifest inside an attachment's folder is an attachment.
fn may_be_ours(path: &str) -> bool {
    let is_manifest = path == MANIFEST || path.ends_with("/manifest.json");
    is_manifest && below_attachments(path).is_none_or(|rest| !rest.contains('/'))
}

fn part(
    inventory: &mut Inventory,
    name: String,
    manifest: Manifest,
    folder: &str,
    inside: Vec<InputFile>,
) -> Result<OwnPart, ImportError> {
    let listed: HashSet<String> = manifest.files.iter().map(|record| composed(&record.path)).collect();
    let mut files = HashMap::new();
    for mut file in inside {
        let path = composed(&file.path[folder.len()..]);
        if listed.contains(&path) {
            file.path = path.clone();
            let again = ImportError::EntryTwice { file: file.name.clone() };
            if files.insert(path, file).is_some() {
                return Err(again);
            }
        } else if file.is_of_system() {
            inventory.notes.push(Note::SystemFile(file.name));
        } else if path != MANIFEST {
            inventory.skipped.push(Skipped { name: file.name, reason: Reason::NotInManifest });
        }
    }
    Ok(OwnPart { name, manifest, files, is_partial: false })
}

/// Sorts what is left of an input; gives the zips in it, which are inputs too.
fn sort(inventory: &mut Inventory, input: Input) -> Result<Vec<PathBuf>, ImportError> {
    let mut zips = Vec::new();
    let mut seen = HashSet::new();
    for file in input.files {
        if !seen.insert(file.path.clone()) && file.zip_record().is_some() {
            return Err(ImportError::EntryTwice { file: file.name });
        }
        if file.is_of_system() {
            inventory.notes.push(Note::SystemFile(file.name));
        } else if let Some(path) = below_attachments(&file.path) {
            inventory.attachments.push(Loose { path: path.to_owned(), may_be_wrapped: false, file });
        } else if input.attachments_only {
            inventory.attachments.push(Loose { path: file.path.clone(), may_be_wrapped: true, file });
        } else if file.csv_stem().is_some() {
            inventory.csv.push(file);
        } else if let Some(zip) = file.zip_on_disk() {
            zips.push(zip.to_owned());
        } else {
            let reason = reason(&file);
            inventory.skipped.push(Skipped { name: file.name, reason });
        }
    }
    Ok(zips)
}

/// The path below the first folder called `attachments`, in any case.
fn below_attachments(path: &str) -> Option<&str> {
    let mut at = 0;
    for part in path.split('/') {
        at += part.len() + 1;
        if part.eq_ignore_ascii_case(ATTACHMENTS) {
            return path.get(at..).filter(|rest| !rest.is_empty());
        }
    }
    None
}

fn reason(file: &InputFile) -> Reason {
    let extension = file.file_name().rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    match extension.as_str() {
        "zip" => Reason::InnerZip,
        "xlsx" | "xls" | "xlsm" | "xlsb" | "ods" | "numbers" => Reason::Spreadsheet,
        _ => Reason::OtherType,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_found_at_any_depth() {
        assert_eq!(below_attachments("export/Attachments/Leads/1/a.csv"), Some("Leads/1/a.csv"));
        assert_eq!(below_attachments("attachments/a"), Some("a"));
        assert_eq!(below_attachments("attachments"), None);
        assert_eq!(below_attachments("attachments.csv"), None);
        assert_eq!(below_attachments("x/my attachments/a"), None);
    }

    #[test]
    fn a_manifest_that_is_attached_to_a_record_is_an_attachment() {
        for (path, ours) in [
            ("manifest.json", true),
            ("w/Data_001/manifest.json", true),
            ("attachments/manifest.json", true),
            ("attachments/Leads/1/manifest.json", false),
            ("my-manifest.json", false),
        ] {
            assert_eq!(may_be_ours(path), ours, "{path}");
        }
    }
}
