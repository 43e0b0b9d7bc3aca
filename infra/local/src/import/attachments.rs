//! Attachments that no index of ours describes: `<Module>/<record id>/<file>` in an attachments zip or below a folder `attachments`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hozon_shared::domain::crm::{Contents, Field};
use hozon_shared::sources::native_writer::{ModuleHead, NewAttachment};

use super::error::ImportError;
use super::inputs::{Input, InputFile};
use super::layout::ModulePlan;

/// Folder that holds attachments beside CSV files.
const FOLDER: &str = "attachments/";
/// Module that takes files which lie in no module's folder.
const LOOSE: &str = "Attachments";

/// Whether a file lies in the attachments' folder.
pub fn is_attachment(file: &InputFile) -> bool {
    below_folder(file).is_some()
}

fn below_folder(file: &InputFile) -> Option<&str> {
    let start = file.path.get(..FOLDER.len())?;
    start.eq_ignore_ascii_case(FOLDER).then(|| &file.path[FOLDER.len()..])
}

/// Adds all attachments of an input to their modules. Files of one record follow one another, because files come in order.
pub fn from_folders(input: &Input, modules: &mut BTreeMap<String, ModulePlan>, now: DateTime<Utc>) -> Result<(), ImportError> {
    let mut files: Vec<(&str, &InputFile)> =
        input.files.iter().filter(|file| !file.is_hidden()).filter_map(|file| placed(input, file)).collect();
    files.sort_by_key(|(path, _)| *path);
    for (number, (path, file)) in (1u64..).zip(files) {
        let mut parts = path.splitn(3, '/');
        let (module, record, name) = match (parts.next(), parts.next(), parts.next()) {
            (Some(module), Some(record), Some(name)) => (module, record, name),
            (Some(module), Some(name), None) => (module, record_of(name), name),
            _ => (LOOSE, record_of(path), path),
        };
        if module == LOOSE && !modules.contains_key(LOOSE) {
            modules.insert(LOOSE.to_owned(), loose(input));
        }
        let unknown = || ImportError::UnknownModule { file: file.name.clone(), module: module.to_owned() };
        let plan = modules.get_mut(module).ok_or_else(unknown)?;
        let attachment = NewAttachment {
            id: format!("{number:08}"),
            record_id: record.to_owned(),
            record_name: String::new(),
            name: name.to_owned(),
            content_type: mime_guess::from_path(name).first_or_octet_stream().to_string(),
            created: now,
        };
        plan.attachments.push((attachment, file.clone()));
    }
    Ok(())
}

/// An attachment's path without what comes before the module.
fn placed<'a>(input: &Input, file: &'a InputFile) -> Option<(&'a str, &'a InputFile)> {
    match below_folder(file) {
        Some(path) => Some((path, file)),
        None if input.attachments_only => Some((file.path.as_str(), file)),
        None => None,
    }
}

/// The record id at the front of a file's name, as in `4876876000001593003_offer.pdf`; the whole stem where there is none.
fn record_of(name: &str) -> &str {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 { &name[..digits] } else { name.rsplit_once('.').map_or(name, |(stem, _)| stem) }
}

/// Files that belong to no module are kept all the same.
fn loose(input: &Input) -> ModulePlan {
    let field =
        Field { api_name: "Id".to_owned(), label: "Id".to_owned(), data_type: "text".to_owned(), contents: Contents::Crm };
    let (api_name, label) = (LOOSE.to_owned(), LOOSE.to_owned());
    let head = ModuleHead { api_name, label, order: u32::MAX, contents: Contents::Crm, fields: vec![field] };
    ModulePlan { head, files: Vec::new(), attachments: Vec::new(), input: input.name.clone(), backup: None }
}

#[cfg(test)]
mod tests {
    use super::record_of;

    #[test]
    fn a_loose_file_is_tied_to_the_id_in_its_name() {
        assert_eq!(record_of("4876876000001593003_offer.pdf"), "4876876000001593003");
        assert_eq!(record_of("offer.tar.gz"), "offer.tar");
        assert_eq!(record_of("offer"), "offer");
    }
}
