//! Attachments that no Hozon index describes: `<Module>/<record id>/<file>` in an attachments zip or below a folder
//! `attachments`.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment};

use super::csv_file::CsvFile;
use super::error::ImportError;
use super::inventory::{Inventory, LooseAttachment};
use super::module_plan::{ModulePlan, PlannedFile};
use super::notes::{Note, SkipReason, Skipped};
use super::record_ids::{by_shape, candidates, comparable, id_column, known};
use super::text::composed;

/// Module for attachments outside the folder of any module.
const LOOSE: &str = "Attachments";

/// An attachment with its module and record.
struct Placed {
    module: String,
    /// Folder of the record; `None` if only the file name identifies the record.
    record: Option<String>,
    name: String,
    loose: LooseAttachment,
}

/// Adds all attachments to their modules. Files in a folder without a module are added to the inventory's skipped
/// files.
pub async fn from_folders(
    inventory: &mut Inventory,
    modules: &mut BTreeMap<String, ModulePlan>,
    now: DateTime<Utc>,
) -> Result<(), ImportError> {
    let mut files = std::mem::take(&mut inventory.attachments);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut placed = Vec::new();
    for file in files {
        match place(file, modules)? {
            Ok(file) => placed.push(file),
            Err(skipped) => inventory.skipped.push(skipped),
        }
    }
    let records = records_by_name(&placed, modules).await?;
    for file in placed {
        let ids = records.get(&file.module);
        let record = file.record.clone().or_else(|| ids.and_then(|ids| known(&file.name, ids)).map(str::to_owned));
        let record = record.unwrap_or_else(|| {
            let (name, module, record) = (file.loose.file.name.clone(), file.module.clone(), by_shape(&file.name).to_owned());
            inventory.notes.push(Note::NoRecord { name, module, record: record.clone() });
            record
        });
        if let Some(plan) = modules.get_mut(&file.module) {
            let attachment = attachment(plan, &file, record, now);
            plan.attachments.push(PlannedFile { attachment, file: file.loose.file, sha256: None });
        }
    }
    Ok(())
}

fn attachment(plan: &ModulePlan, file: &Placed, record_id: String, now: DateTime<Utc>) -> NewAttachment {
    NewAttachment {
        id: format!("{:08}", plan.attachments.len() + 1),
        record_id,
        record_name: String::new(),
        name: file.name.clone(),
        content_type: mime_guess::from_path(&file.name).first_or_octet_stream().to_string(),
        created: Some(file.loose.file.modified.unwrap_or(now)),
    }
}

/// Finds the module of a file, or the reason why there is none.
fn place(loose: LooseAttachment, modules: &mut BTreeMap<String, ModulePlan>) -> Result<Result<Placed, Skipped>, ImportError> {
    let path = unwrapped(&loose, modules).to_owned();
    let mut parts = path.splitn(3, '/');
    let (folder, record, name) = match (parts.next(), parts.next(), parts.next()) {
        (Some(module), Some(record), Some(name)) => (module, Some(record.to_owned()), name),
        (Some(module), Some(name), None) => (module, None, name),
        _ => (LOOSE, None, path.as_str()),
    };
    if folder == LOOSE && !modules.contains_key(LOOSE) {
        modules.insert(LOOSE.to_owned(), loose_files(&loose.file.name));
    }
    let Some(module) = module_of(folder, &loose.file.name, modules)? else {
        let reason = SkipReason::NoSuchModule { module: folder.to_owned() };
        return Ok(Err(Skipped { name: loose.file.name, reason }));
    };
    Ok(Ok(Placed { module, record, name: name.to_owned(), loose }))
}

/// Returns the path from the module's folder on. Folders around it come from packing the zip.
fn unwrapped<'a>(loose: &'a LooseAttachment, modules: &BTreeMap<String, ModulePlan>) -> &'a str {
    let mut path = loose.path.as_str();
    while loose.may_be_wrapped && path.matches('/').count() > 1 {
        let (first, rest) = path.split_once('/').unwrap_or_default();
        let next = rest.split('/').next().unwrap_or_default();
        if is_a_module(first, modules) || !is_a_module(next, modules) {
            break;
        }
        path = rest;
    }
    path
}

fn is_a_module(folder: &str, modules: &BTreeMap<String, ModulePlan>) -> bool {
    modules.keys().any(|name| alike(name) == alike(folder))
}

/// Finds the module that a folder names: by its exact name, or else the only module whose name differs in case or
/// Unicode composition.
fn module_of(folder: &str, file: &str, modules: &BTreeMap<String, ModulePlan>) -> Result<Option<String>, ImportError> {
    if modules.contains_key(folder) {
        return Ok(Some(folder.to_owned()));
    }
    let mut found = modules.keys().filter(|name| alike(name) == alike(folder));
    let (first, second) = (found.next(), found.next());
    if let (Some(first), Some(second)) = (first, second) {
        let (file, folder) = (file.to_owned(), folder.to_owned());
        return Err(ImportError::AmbiguousModule { file, folder, first: first.clone(), second: second.clone() });
    }
    Ok(first.cloned())
}

fn alike(name: &str) -> String {
    composed(&composed(name).to_lowercase())
}

/// Finds records for files without a record folder, by ids at the beginning of their names.
async fn records_by_name(
    placed: &[Placed],
    modules: &BTreeMap<String, ModulePlan>,
) -> Result<HashMap<String, HashMap<String, String>>, ImportError> {
    let mut wanted: HashMap<&str, HashSet<&str>> = HashMap::new();
    for file in placed.iter().filter(|file| file.record.is_none()) {
        wanted.entry(&file.module).or_default().extend(candidates(&file.name).into_iter().map(comparable));
    }
    let mut records = HashMap::new();
    for (module, wanted) in wanted {
        if let Some(plan) = modules.get(module) {
            records.insert(module.to_owned(), ids_among(plan, &wanted).await?);
        }
    }
    Ok(records)
}

/// Reads the record ids of a module, and keeps the wanted ones.
async fn ids_among(plan: &ModulePlan, wanted: &HashSet<&str>) -> Result<HashMap<String, String>, ImportError> {
    let column = id_column(&plan.head.fields).unwrap_or(0);
    let mut found = HashMap::new();
    for source in &plan.files {
        let mut csv = CsvFile::open(source).await?;
        csv.header().await?;
        while csv.next(plan.head.fields.len()).await? {
            let Some(id) = csv.cells().nth(column) else { continue };
            if wanted.contains(comparable(&id)) {
                found.insert(comparable(&id).to_owned(), id.into_owned());
            }
        }
    }
    Ok(found)
}

/// Files outside the folder of any module are loaded as well.
fn loose_files(input: &str) -> ModulePlan {
    let field =
        Field { api_name: "Id".to_owned(), label: "Id".to_owned(), data_type: "text".to_owned(), contents: DataCategory::Crm };
    let (api_name, label) = (LOOSE.to_owned(), LOOSE.to_owned());
    let head = ModuleHead {
        api_name,
        label,
        order: u32::MAX,
        contents: DataCategory::Crm,
        fields: vec![field],
        key: Vec::new(),
        structure: None,
    };
    ModulePlan { head, files: Vec::new(), attachments: Vec::new(), input: input.to_owned(), backup: None }
}
