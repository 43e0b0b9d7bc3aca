//! Recognises Zoho's zips, and folders into which they were unpacked, among the inputs, and takes their files.

use std::collections::BTreeSet;

use hozon_shared::archive::zoho_layout::{ATTACHMENTS, DATA, ID_PREFIX, IMAGES, METADATA};

use super::parts::{Part, numbered};
use crate::error::ImportError;
use crate::inputs::{ImportInput, InputFile};

/// Number of bytes of a CSV file in which a record id is looked for.
const HEAD: usize = 64 << 10;
/// Number of CSV files in which one is looked for.
const MAX_HEADS: usize = 20;

/// The files of Zoho's zips. Their paths begin with the folders of the zips.
#[derive(Default)]
pub struct ZohoFiles {
    /// CSV files of modules.
    pub data: Vec<InputFile>,
    /// The index of attachments.
    pub index: Vec<InputFile>,
    pub metadata: Vec<InputFile>,
    pub images: Vec<InputFile>,
    /// Files of the zips of attachments.
    pub attachments: Vec<InputFile>,
    /// Files that are in no known folder.
    pub others: Vec<InputFile>,
    /// The zips, if their names have numbers.
    pub zips: Vec<Part>,
}

impl ZohoFiles {
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    fn add(&mut self, mut file: InputFile, inside: &str) {
        file.path = inside.to_owned();
        let kind = match inside.split_once('/') {
            Some((DATA, name)) if file.csv_stem().is_some() && !name.contains('/') => match is_index(file.csv_stem()) {
                true => &mut self.index,
                false => &mut self.data,
            },
            Some((METADATA, _)) => &mut self.metadata,
            Some((IMAGES, _)) => &mut self.images,
            _ if flat_attachment(inside).is_some() => &mut self.attachments,
            _ => &mut self.others,
        };
        kind.push(file);
    }
}

fn is_index(stem: Option<&str>) -> bool {
    let name = stem.map(|stem| numbered(stem).map_or(stem, |(name, _)| name));
    name.is_some_and(|name| name.eq_ignore_ascii_case(ATTACHMENTS))
}

/// Takes the files of Zoho's zips out of the inputs. Without any sign of Zoho nothing is taken.
pub async fn take(inputs: &mut [ImportInput]) -> Result<ZohoFiles, ImportError> {
    let mut roots = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        for root in roots_of(input) {
            if is_of_zoho(input, &root).await? {
                roots.push((at, root));
            }
        }
    }
    let mut taken = ZohoFiles::default();
    if roots.is_empty() {
        return Ok(taken);
    }
    for (at, input) in inputs.iter_mut().enumerate() {
        let of_input: Vec<&str> = roots.iter().filter(|(of, _)| *of == at).map(|(_, root)| root.as_str()).collect();
        claim(input, &of_input, &mut taken);
    }
    Ok(taken)
}

/// Returns the folders that contain one of Zoho's folders.
fn roots_of(input: &ImportInput) -> BTreeSet<String> {
    let in_data = input.files.iter().filter_map(|file| split_at_folder(&file.path, |part| part == DATA));
    in_data.map(|(root, _)| root.to_owned()).collect()
}

/// Splits a path in front of its first folder that is wanted.
fn split_at_folder(path: &str, is_wanted: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let mut at = 0;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_some() && is_wanted(part) {
            return Some(path.split_at(at));
        }
        at += part.len() + 1;
    }
    None
}

/// Returns whether the files around a folder `Data` are Zoho's: it has an index or metadata beside it, or its rows have
/// Zoho's ids.
async fn is_of_zoho(input: &ImportInput, root: &str) -> Result<bool, ImportError> {
    let inside = |file: &InputFile, folder: &str| {
        let rest = file.path.strip_prefix(root).and_then(|path| path.strip_prefix(folder));
        rest.and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.contains('/')) && file.csv_stem().is_some()
    };
    let is_metadata = |file: &InputFile| matches!(file.csv_stem(), Some("Fields_001" | "Modules_001"));
    if input.files.iter().any(|file| inside(file, METADATA) && is_metadata(file)) {
        return Ok(true);
    }
    for file in input.files.iter().filter(|file| inside(file, DATA)).take(MAX_HEADS) {
        let head = file.head(HEAD).await?;
        if head.windows(ID_PREFIX.len()).any(|bytes| bytes == ID_PREFIX.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn claim(input: &mut ImportInput, roots: &[&str], taken: &mut ZohoFiles) {
    let zip = input.zip_name().map(str::to_owned);
    let is_data_zip =
        zip.as_deref().is_some_and(|name| name.to_lowercase().starts_with("data")) || (zip.is_some() && !roots.is_empty());
    let is_zip_of_zoho = is_data_zip || (zip.is_some() && input.attachments_only);
    if let Some(part) = zip.as_deref().filter(|_| is_zip_of_zoho).and_then(|name| Part::of(name, &input.name)) {
        taken.zips.push(part);
    }
    for file in std::mem::take(&mut input.files) {
        let found = if file.is_of_system() { None } else { place(&file.path, roots, is_data_zip, input.attachments_only) };
        match found.map(|inside| in_its_folder(inside, input.attachments_only)) {
            Some(inside) => taken.add(file, &inside),
            None => input.files.push(file),
        }
    }
}

/// Adds the folder of attachments to the path of one that lies in none.
fn in_its_folder(inside: &str, attachments_only: bool) -> String {
    if attachments_only && !inside.contains('/') { format!("{ATTACHMENTS}/{inside}") } else { inside.to_owned() }
}

/// Returns the path of a file in Zoho's layout; `None` if the file is not Zoho's.
fn place<'a>(path: &'a str, roots: &[&str], is_data_zip: bool, attachments_only: bool) -> Option<&'a str> {
    let of_root = roots.iter().find_map(|root| path.strip_prefix(root));
    let known = of_root.filter(|inside| inside.split_once('/').is_some_and(|(top, _)| [DATA, METADATA, IMAGES].contains(&top)));
    if known.is_some() {
        return known;
    }
    let in_folder = split_at_folder(path, is_attachments).map(|(_, rest)| rest);
    if let Some(rest) = in_folder.filter(|rest| flat_attachment(rest).is_some()) {
        return Some(rest);
    }
    if attachments_only {
        return (!path.contains('/')).then_some(path);
    }
    if !is_data_zip {
        return None;
    }
    let of_zip = split_at_folder(path, |part| [DATA, METADATA, IMAGES].contains(&part)).map(|(_, rest)| rest);
    of_root.or(of_zip).or(Some(path))
}

/// Returns the name of a file that lies directly in the folder of attachments.
fn flat_attachment(path: &str) -> Option<&str> {
    match path.split_once('/') {
        Some((folder, name)) => (is_attachments(folder) && !name.contains('/')).then_some(name),
        None => None,
    }
}

/// Matches `Attachments` and `Attachments_001`.
fn is_attachments(folder: &str) -> bool {
    let name = numbered(folder).map_or(folder, |(name, _)| name);
    name.eq_ignore_ascii_case(ATTACHMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_zoho_are_found_in_zips_and_in_folders() {
        let cases = [
            ("Data/Leads_001.csv", vec![""], true, false, Some("Data/Leads_001.csv")),
            ("New/x.bin", vec![""], true, false, Some("New/x.bin")),
            ("x/Data/Leads_001.csv", vec!["x/"], false, false, Some("Data/Leads_001.csv")),
            ("x/notes.txt", vec!["x/"], false, false, None),
            ("x/Attachments_001/7_a.csv", vec!["x/"], false, false, Some("Attachments_001/7_a.csv")),
            ("attachments/Leads/1/a.csv", vec!["x/"], false, false, None),
            ("7_a.csv", vec![], false, true, Some("7_a.csv")),
            ("Attachments/7_a.csv", vec![], false, true, Some("Attachments/7_a.csv")),
            ("Leads/1/a.csv", vec![], false, true, None),
            ("b/RecordImages/7.png", vec![], true, false, Some("RecordImages/7.png")),
        ];
        for (path, roots, is_data_zip, attachments_only, expected) in cases {
            assert_eq!(place(path, &roots, is_data_zip, attachments_only), expected, "{path}");
        }
    }
}
