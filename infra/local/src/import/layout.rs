//! Finds out which files of the inputs are which module's rows and attachments.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hozon_shared::archive::cells::Escaping;
use hozon_shared::domain::crm::{Contents, Field, Module};
use hozon_shared::domain::id::BackupId;
use hozon_shared::sources::native_writer::{ModuleHead, NewAttachment};

use super::csv_file::{CsvFile, CsvForm};
use super::error::{ImportError, RowFault};
use super::inputs::{Input, InputFile};
use super::text::Encoding;
use super::{attachments, own};

/// One module about to be loaded.
pub struct ModulePlan {
    /// What it is.
    pub head: ModuleHead,
    /// Its CSV files in order, all with the same header.
    pub files: Vec<(InputFile, CsvForm)>,
    /// Its attachments, those of one record together.
    pub attachments: Vec<(NewAttachment, InputFile)>,
    /// The input that its rows come from.
    pub input: String,
    /// The backup that they are of, if they are of one of ours: its zips may be several.
    pub backup: Option<BackupId>,
}

/// Plans all modules, in their order.
pub async fn plan(inputs: &[Input], encoding: Encoding, now: DateTime<Utc>) -> Result<Vec<ModulePlan>, ImportError> {
    let mut modules = BTreeMap::new();
    let mut own_inputs = Vec::new();
    for input in inputs {
        let manifest = own::manifest(input).await?;
        match &manifest {
            Some(manifest) => add(&mut modules, own::modules(input, manifest).await?)?,
            None if !input.attachments_only => add(&mut modules, other_modules(input, encoding).await?)?,
            None => {}
        }
        own_inputs.push(manifest);
    }
    for (input, manifest) in inputs.iter().zip(own_inputs) {
        match manifest {
            Some(_) => own::attachments(input, &mut modules).await?,
            None => attachments::from_folders(input, &mut modules, now)?,
        }
    }
    if modules.is_empty() {
        return Err(ImportError::Empty);
    }
    let mut modules: Vec<ModulePlan> = modules.into_values().collect();
    modules.sort_by_key(|plan| plan.head.order);
    Ok(modules)
}

/// What a module is, without its contents.
pub fn head_of(module: &Module) -> ModuleHead {
    ModuleHead {
        api_name: module.api_name.clone(),
        label: module.label.clone(),
        order: module.order,
        contents: module.contents,
        fields: module.fields.clone(),
    }
}

fn add(modules: &mut BTreeMap<String, ModulePlan>, found: Vec<ModulePlan>) -> Result<(), ImportError> {
    for plan in found {
        let name = plan.head.api_name.clone();
        if let Some(known) = modules.get_mut(&name) {
            if known.backup.is_some() && known.backup == plan.backup && known.head.fields == plan.head.fields {
                known.files.extend(plan.files);
                known.files.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
                continue;
            }
            return Err(ImportError::SameModule { module: name, first: known.input.clone(), second: plan.input });
        }
        modules.insert(name, plan);
    }
    Ok(())
}

/// Any CRM's exports: one CSV file per module, or several numbered ones.
async fn other_modules(input: &Input, encoding: Encoding) -> Result<Vec<ModulePlan>, ImportError> {
    let form = CsvForm { encoding, escaping: Escaping::None };
    let mut groups: BTreeMap<String, Vec<&InputFile>> = BTreeMap::new();
    for file in input.files.iter().filter(|file| !file.is_hidden() && !attachments::is_attachment(file)) {
        if let Some(stem) = file.csv_stem() {
            groups.entry(without_number(stem).to_owned()).or_default().push(file);
        }
    }
    let mut plans = Vec::new();
    for (order, (name, mut files)) in (1..).zip(groups) {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let header = common_header(&files, form).await?;
        let field =
            |name: String| Field { label: name.clone(), api_name: name, data_type: "text".to_owned(), contents: Contents::Crm };
        let fields = header.into_iter().map(field).collect();
        let head = ModuleHead { label: name.clone(), api_name: name, order, contents: Contents::Crm, fields };
        let files = files.into_iter().map(|file| (file.clone(), form)).collect();
        plans.push(ModulePlan { head, files, attachments: Vec::new(), input: input.name.clone(), backup: None });
    }
    Ok(plans)
}

/// The header that all files of a module must have.
pub async fn common_header(files: &[&InputFile], form: CsvForm) -> Result<Vec<String>, ImportError> {
    let mut common: Option<Vec<String>> = None;
    for file in files {
        let mut csv = CsvFile::open(file, form).await?;
        let header = csv.header().await?.ok_or_else(|| csv.fault(1, RowFault::NoHeader))?;
        match &common {
            None => common = Some(header),
            Some(first) if *first == header => {}
            Some(_) => return Err(csv.fault(1, RowFault::OtherHeader)),
        }
    }
    Ok(common.unwrap_or_default())
}

/// `Leads_001` is a part of `Leads`.
fn without_number(stem: &str) -> &str {
    match stem.rsplit_once('_') {
        Some((name, number)) if !name.is_empty() && number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn numbered_files_are_parts_of_one_module() {
        assert_eq!(without_number("Leads_001"), "Leads");
        assert_eq!(without_number("Leads"), "Leads");
        assert_eq!(without_number("Plan_2026"), "Plan_2026");
        assert_eq!(without_number("_001"), "_001");
    }
}
