//! Sorts every file of every input: part of a Hozon backup, CSV of a module, attachment, system file, or unrecognised.
//! No file is ignored.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;

use hozon_shared::archive::manifest::Manifest;
use hozon_shared::domain::backup::ArchiveKind;

use super::error::ImportError;
use super::inputs::{self, ImportInput, InputFile, ZipReading};
use super::notes::{Note, SkipReason, Skipped};
use super::own_manifest;
use super::text::composed;
use super::zoho::{self, ZohoFiles};

const MANIFEST: &str = "manifest.json";
const ATTACHMENTS: &str = "attachments";

/// All inputs, sorted.
#[derive(Default)]
pub struct Inventory {
    /// Parts of Hozon backups.
    pub own: Vec<OwnPart>,
    /// Files of Zoho's own backups.
    pub zoho: ZohoFiles,
    /// CSV files of other origin.
    pub csv: Vec<InputFile>,
    /// Attachments of other origin.
    pub attachments: Vec<LooseAttachment>,
    /// Files that are not loaded.
    pub skipped: Vec<Skipped>,
    pub notes: Vec<Note>,
}

/// A zip of a Hozon backup, the folder into which it was unpacked, or single CSV files of that folder.
pub struct OwnPart {
    /// Name in messages.
    pub name: String,
    pub manifest: Manifest,
    /// Files by path in composed form (NFC).
    pub files: HashMap<String, InputFile>,
    /// Whether only some of its files were given.
    pub is_partial: bool,
}

/// An attachment that no Hozon index describes.
pub struct LooseAttachment {
    /// Path below the attachments folder.
    pub path: String,
    /// Whether unknown folders may surround the module's folder.
    pub may_be_wrapped: bool,
    pub file: InputFile,
}

impl OwnPart {
    /// Finds a file by path.
    pub fn file(&self, path: &str) -> Option<&InputFile> {
        self.files.get(&composed(path))
    }
}

/// Sorts everything that the user gave. Zips in folders are separate inputs.
pub async fn take(from: &[PathBuf], zips: ZipReading) -> Result<Inventory, ImportError> {
    let (mut inventory, mut inputs) = (Inventory::default(), Vec::new());
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
        waiting.extend(take_zips(&mut input));
        inputs.push(input);
    }
    sort_all(inventory, inputs).await
}

/// Sorts zips that are open already.
pub async fn take_opened(zips: Vec<ImportInput>) -> Result<Inventory, ImportError> {
    let (mut inventory, mut inputs) = (Inventory::default(), Vec::new());
    for mut input in zips {
        inventory.notes.append(&mut input.notes);
        inventory.skipped.append(&mut input.skipped);
        take_own(&mut inventory, &mut input).await?;
        inputs.push(input);
    }
    sort_all(inventory, inputs).await
}

async fn sort_all(mut inventory: Inventory, mut inputs: Vec<ImportInput>) -> Result<Inventory, ImportError> {
    inventory.zoho = zoho::take(&mut inputs).await?;
    for input in inputs {
        sort(&mut inventory, input)?;
    }
    Ok(inventory)
}

impl Inventory {
    /// Merges single files of the same folder into one part.
    fn add_partial(&mut self, part: OwnPart) {
        match self.own.iter_mut().find(|known| known.is_partial && known.name == part.name) {
            Some(known) => known.files.extend(part.files),
            None => self.own.push(part),
        }
    }
}

/// Recognises a CSV file that was given alone, if a manifest beside it lists it.
async fn beside_its_manifest(path: &std::path::Path, file: &InputFile) -> Result<Option<OwnPart>, ImportError> {
    let Some(document) = inputs::sibling(path, MANIFEST).await else { return Ok(None) };
    let Some(manifest) = own_manifest::manifest(&document).await? else { return Ok(None) };
    let listed = manifest.files.iter().find(|record| composed(&record.path) == composed(&file.path));
    let Some(module) = listed.and_then(|record| record.module.clone()).filter(|_| manifest.kind == ArchiveKind::Data) else {
        return Ok(None);
    };
    let mut files = HashMap::from([(composed(&file.path), file.clone())]);
    for record in manifest.files.iter().filter(|record| own_manifest::is_field_document(&record.path)) {
        if let Some(fields) = inputs::sibling(path, &record.path).await {
            files.insert(composed(&record.path), fields);
        }
    }
    tracing::debug!(module, "a single file of a backup was given");
    Ok(Some(OwnPart { name: document.name, manifest, files, is_partial: true }))
}

/// Moves the parts of Hozon backups out of an input. Each manifest, at any depth, describes the folder around it.
async fn take_own(inventory: &mut Inventory, input: &mut ImportInput) -> Result<(), ImportError> {
    let mut manifests: Vec<InputFile> = input.files.iter().filter(|file| may_be_ours(&file.path)).cloned().collect();
    manifests.sort_by_key(|file| (file.path.matches('/').count(), file.path.clone()));
    for document in manifests {
        let is_there = input.files.iter().any(|file| file.path == document.path);
        if !is_there {
            continue;
        }
        let Some(manifest) = own_manifest::manifest(&document).await? else { continue };
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

/// A manifest inside an attachments folder is an attachment.
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
            inventory.skipped.push(Skipped { name: file.name, reason: SkipReason::NotInManifest });
        }
    }
    Ok(OwnPart { name, manifest, files, is_partial: false })
}

/// Takes the zips out of an input, which are inputs too, unless they are attachments.
fn take_zips(input: &mut ImportInput) -> Vec<PathBuf> {
    let is_input = |file: &InputFile| !file.is_of_system() && below_attachments(&file.path).is_none();
    let mut zips = Vec::new();
    if !input.attachments_only {
        input.files.retain(|file| match file.zip_on_disk().filter(|_| is_input(file)) {
            Some(zip) => {
                zips.push(zip.to_owned());
                false
            }
            None => true,
        });
    }
    zips
}

/// Sorts the remaining files of an input.
fn sort(inventory: &mut Inventory, input: ImportInput) -> Result<(), ImportError> {
    let mut seen = HashSet::new();
    for file in input.files {
        if !seen.insert(file.path.clone()) && file.zip_record().is_some() {
            return Err(ImportError::EntryTwice { file: file.name });
        }
        if file.is_of_system() {
            inventory.notes.push(Note::SystemFile(file.name));
        } else if let Some(path) = below_attachments(&file.path) {
            inventory.attachments.push(LooseAttachment { path: path.to_owned(), may_be_wrapped: false, file });
        } else if input.attachments_only {
            inventory.attachments.push(LooseAttachment { path: file.path.clone(), may_be_wrapped: true, file });
        } else if file.csv_stem().is_some() {
            inventory.csv.push(file);
        } else {
            let reason = reason(&file);
            inventory.skipped.push(Skipped { name: file.name, reason });
        }
    }
    Ok(())
}

/// Returns the path below the first folder named `attachments`, in any case.
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

fn reason(file: &InputFile) -> SkipReason {
    let extension = file.file_name().rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    match extension.as_str() {
        "zip" => SkipReason::InnerZip,
        "xlsx" | "xls" | "xlsm" | "xlsb" | "ods" | "numbers" => SkipReason::Spreadsheet,
        _ => SkipReason::OtherType,
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
