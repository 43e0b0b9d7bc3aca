//! Assigns the files of the inputs to modules, as their rows or attachments.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::archive::cells::Escaping;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::snapshots::input::ModuleHead;
use hozon_shared::snapshots::session::{MAX_FIELD_BYTES, field_bytes};

use super::csv_file::{CsvSource, Nulls};
use super::dialect::{CsvPreferences, detect};
use super::error::ImportError;
use super::inputs::InputFile;
use super::inventory::Inventory;
use super::module_plan::{ModulePlan, PlannedFile};
use super::notes::Note;
use super::own::OwnReading;
use super::record_ids::key_of;
use super::text::composed;
use super::zoho::{self, ZohoReading};
use super::{attachments, header, own};

/// Plans all modules in order. Files that cannot be assigned are added to the inventory's skipped files.
pub async fn plan(
    inventory: &mut Inventory,
    reading: OwnReading<'_>,
    (zone, now): (Tz, DateTime<Utc>),
) -> Result<Vec<ModulePlan>, ImportError> {
    let mut notes = std::mem::take(&mut inventory.notes);
    let mut modules = BTreeMap::new();
    for part in &inventory.own {
        add(&mut modules, own::modules(part, reading, &mut notes).await?)?;
    }
    let of_zoho = ZohoReading { preferences: reading.preferences, zone, now };
    add(&mut modules, zoho::plan(std::mem::take(&mut inventory.zoho), of_zoho, &mut notes).await?)?;
    add(&mut modules, other_modules(&inventory.csv, reading.preferences, &mut notes).await?)?;
    for part in &inventory.own {
        own::attachments(part, reading, &mut modules, &mut notes).await?;
    }
    inventory.notes = notes;
    attachments::from_folders(inventory, &mut modules, now).await?;
    for plan in modules.values_mut() {
        check_size(&plan.head)?;
        // The files of a backup keep their order, so that backing up the imported copy gives the same bytes.
        if plan.backup.is_none() {
            keep_records_together(&mut plan.attachments);
        }
    }
    let mut modules: Vec<ModulePlan> = modules.into_values().collect();
    modules.sort_by_key(|plan| plan.head.order);
    Ok(modules)
}

fn check_size(head: &ModuleHead) -> Result<(), ImportError> {
    let (bytes, most, columns) = (field_bytes(&head.fields), MAX_FIELD_BYTES, head.fields.len());
    if bytes <= most {
        return Ok(());
    }
    Err(ImportError::TooManyColumns { module: head.api_name.clone(), columns, bytes, most })
}

/// Makes the files of each record adjacent, in the order in which the records first appear.
fn keep_records_together(files: &mut [PlannedFile]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        first.entry(file.attachment.record_id.clone()).or_insert(at);
    }
    files.sort_by_key(|file| first.get(&file.attachment.record_id).copied());
}

fn add(modules: &mut BTreeMap<String, ModulePlan>, found: Vec<ModulePlan>) -> Result<(), ImportError> {
    for plan in found {
        let name = plan.head.api_name.clone();
        if let Some(known) = modules.get_mut(&name) {
            if known.backup.is_some() && known.backup == plan.backup && known.head.fields == plan.head.fields {
                known.files.extend(plan.files);
                known.files.sort_by(|one, other| one.file.path.cmp(&other.file.path));
                continue;
            }
            return Err(ImportError::SameModule { module: name, first: first_file(known), second: first_file(&plan) });
        }
        modules.insert(name, plan);
    }
    Ok(())
}

fn first_file(plan: &ModulePlan) -> String {
    plan.files.first().map_or_else(|| plan.input.clone(), |source| source.file.name.clone())
}

/// Plans the modules of other CRMs' exports: one CSV file per module, or several numbered ones.
async fn other_modules(
    files: &[InputFile],
    preferences: &CsvPreferences,
    notes: &mut Vec<Note>,
) -> Result<Vec<ModulePlan>, ImportError> {
    let mut plans = Vec::new();
    for (order, (name, files)) in (1..).zip(groups(files)?) {
        let mut sources = Vec::new();
        for file in files {
            let (dialect, lenient) = (detect(file, preferences, notes).await?, preferences.lenient);
            let file = file.clone();
            sources.push(CsvSource {
                file,
                dialect,
                escaping: Escaping::None,
                nulls: Nulls::Unquoted,
                lenient,
                expected: None,
                may_be_edited: false,
            });
        }
        let Some(header) = header::common(&mut sources, notes).await? else { continue };
        let field = |name: String| Field {
            label: name.clone(),
            api_name: name,
            data_type: "text".to_owned(),
            contents: DataCategory::Crm,
        };
        let fields: Vec<_> = header.into_iter().map(field).collect();
        let key = key_of(&fields);
        let input = sources.first().map(|source| source.file.name.clone()).unwrap_or_default();
        let (label, contents) = (name.clone(), DataCategory::Crm);
        let head = ModuleHead { label, api_name: name, order, contents, fields, key, structure: None };
        plans.push(ModulePlan { head, files: sources, attachments: Vec::new(), input, backup: None });
    }
    Ok(plans)
}

/// Groups files by module. Files of one folder that are numbered from 001 are parts of one module. Other files with the
/// same name are two versions of a module, which the user must choose from.
fn groups(files: &[InputFile]) -> Result<BTreeMap<String, Vec<&InputFile>>, ImportError> {
    let mut numbered: BTreeMap<String, BTreeMap<u32, &InputFile>> = BTreeMap::new();
    for file in files {
        if let Some((name, number)) = name_and_number(file) {
            numbered.entry(name).or_default().insert(number, file);
        }
    }
    numbered.retain(|_, parts| parts.contains_key(&1));
    let mut groups: BTreeMap<String, Vec<&InputFile>> = BTreeMap::new();
    for (place, parts) in &numbered {
        let module = place.rsplit('/').next().unwrap_or(place).to_owned();
        let last = parts.keys().last().copied().unwrap_or(1);
        if let Some(missing) = (1..=last).find(|number| !parts.contains_key(number)) {
            return Err(ImportError::MissingNumber { file: parts[&1].name.clone(), module, missing });
        }
        insert(&mut groups, module, parts.values().copied().collect())?;
    }
    for file in files {
        let is_part = name_and_number(file).is_some_and(|(name, _)| numbered.contains_key(&name));
        if !is_part && let Some(stem) = file.csv_stem() {
            insert(&mut groups, composed(stem), vec![file])?;
        }
    }
    Ok(groups)
}

fn insert<'a>(
    groups: &mut BTreeMap<String, Vec<&'a InputFile>>,
    module: String,
    files: Vec<&'a InputFile>,
) -> Result<(), ImportError> {
    if let Some(known) = groups.get(&module) {
        let (first, second) = (known[0].name.clone(), files[0].name.clone());
        return Err(ImportError::SameModule { module, first, second });
    }
    groups.insert(module, files);
    Ok(())
}

/// Returns the module's name with the folder of its part, and the part's number, as in `Leads_001.csv`.
fn name_and_number(file: &InputFile) -> Option<(String, u32)> {
    let (name, number) = split_number(file.csv_stem()?)?;
    let folder = file.name.strip_suffix(file.file_name()).unwrap_or_default();
    Some((format!("{}/{}", folder.trim_end_matches('/'), composed(name)), number))
}

fn split_number(stem: &str) -> Option<(&str, u32)> {
    let (name, number) = stem.rsplit_once('_')?;
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number && !name.is_empty()).map(|number| (name, number))
}

#[cfg(test)]
mod tests {
    use super::split_number;

    #[test]
    fn numbered_files_are_parts_of_one_module() {
        assert_eq!(split_number("Leads_001"), Some(("Leads", 1)));
        assert_eq!(split_number("Leads"), None);
        assert_eq!(split_number("Plan_2026"), None);
        assert_eq!(split_number("_001"), None);
    }
}
