//! Modules of Zoho's zips: `Leads_001.csv`, `Leads_002.csv`, ... of all zips are one module.

use std::collections::{BTreeMap, HashSet};

use hozon_shared::archive::zoho_layout::{RECORD_ACCESS, api_name_of, without_mark};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::snapshots::input::ModuleHead;

use super::columns::fields;
use super::copies::are_equal;
use super::labels::id_column;
use super::metadata::Metadata;
use super::parts::numbered;
use super::reading::source;
use crate::csv_file::{CsvFile, CsvSource};
use crate::dialect::CsvPreferences;
use crate::error::{ImportError, RowFault};
use crate::header::survey;
use crate::inputs::InputFile;
use crate::module_plan::{ModulePlan, PlannedFile};
use crate::notes::Note;
use crate::text::composed;

/// A module that is being planned.
pub struct ZohoModule {
    /// Name of its files without number.
    pub stem: String,
    pub head: ModuleHead,
    pub files: Vec<CsvSource>,
    pub attachments: Vec<PlannedFile>,
    /// Column with the ids of records that files may belong to.
    pub id_column: Option<usize>,
}

impl ZohoModule {
    pub fn into_plan(self) -> ModulePlan {
        let input = self.files.first().map(|source| source.file.name.clone()).unwrap_or_default();
        ModulePlan { head: self.head, files: self.files, attachments: self.attachments, input, backup: None }
    }
}

/// Plans the modules of the files in `Data/`, in the order of the file about modules, and after them those that it does not name.
pub async fn plan(
    files: Vec<InputFile>,
    metadata: &Metadata,
    preferences: &CsvPreferences,
    notes: &mut Vec<Note>,
) -> Result<Vec<ZohoModule>, ImportError> {
    let mut modules = Vec::new();
    let mut taken = HashSet::new();
    let mut groups: Vec<_> = grouped(files, notes).await?.into_iter().collect();
    groups.sort_by_key(|(stem, _)| metadata.position(&[stem, without_mark(stem)]).unwrap_or(usize::MAX));
    for (order, (stem, files)) in (1..).zip(groups) {
        let mut sources = Vec::new();
        for file in &files {
            sources.push(source(file, preferences, notes).await?);
        }
        let Some((header, first_row)) = common_header(&mut sources, notes).await? else { continue };
        let name = without_mark(&stem);
        let names = [stem.as_str(), name];
        let wished = metadata.api_name(&names).map_or_else(|| api_name_of(name), str::to_owned);
        let api_name = if wished.is_empty() || taken.contains(&wished) { stem.clone() } else { wished };
        taken.insert(api_name.clone());
        let ids = id_column(&header, first_row.as_deref()).filter(|_| !name.ends_with(RECORD_ACCESS));
        let fields = fields(&header, ids, metadata.fields(&names));
        let key = ids.map(|at| fields[at].api_name.clone()).into_iter().collect();
        let (label, contents) = (metadata.label(&names).unwrap_or(name).to_owned(), DataCategory::Crm);
        let head = ModuleHead { api_name, label, order, contents, fields, key, structure: None };
        modules.push(ZohoModule { stem, head, files: sources, attachments: Vec::new(), id_column: ids });
    }
    Ok(modules)
}

/// Groups the files by module and orders them by number. Equal files of two zips are one.
async fn grouped(files: Vec<InputFile>, notes: &mut Vec<Note>) -> Result<BTreeMap<String, Vec<InputFile>>, ImportError> {
    let mut groups: BTreeMap<String, BTreeMap<u32, InputFile>> = BTreeMap::new();
    for file in files {
        let Some(stem) = file.csv_stem().map(composed) else { continue };
        let (name, number) = numbered(&stem).unwrap_or((&stem, 0));
        let of_module = groups.entry(name.to_owned()).or_default();
        match of_module.get(&number) {
            None => drop(of_module.insert(number, file)),
            Some(known) if are_equal(known, &file).await? => {
                notes.push(Note::GivenTwice { name: file.name, first: known.name.clone() });
            }
            Some(known) => {
                let (module, first, second) = (name.to_owned(), known.name.clone(), file.name);
                return Err(ImportError::SameModule { module, first, second });
            }
        }
    }
    for (module, files) in &groups {
        let Some((last, file)) = files.last_key_value() else { continue };
        if let Some(missing) = (1..=*last).find(|number| !files.contains_key(number)) {
            return Err(ImportError::MissingNumber { file: file.name.clone(), module: module.clone(), missing });
        }
    }
    Ok(groups.into_iter().map(|(name, files)| (name, files.into_values().collect())).collect())
}

/// Returns the header that all files share, and the first row. Empty files are noted and left out. In a lenient import the
/// header gets columns for the longest row.
async fn common_header(
    files: &mut Vec<CsvSource>,
    notes: &mut Vec<Note>,
) -> Result<Option<(Vec<String>, Option<Vec<String>>)>, ImportError> {
    let mut found: Option<(Vec<String>, Option<Vec<String>>)> = None;
    let (mut at, mut width) = (0, 0);
    while let Some(source) = files.get(at) {
        let mut csv = CsvFile::open(source).await?;
        let Some(header) = csv.header().await? else {
            notes.push(Note::EmptyFile(files.remove(at).file.name));
            continue;
        };
        if found.as_ref().is_some_and(|(first, _)| *first != header) {
            return Err(csv.fault(csv.line(), RowFault::OtherHeader));
        }
        if source.lenient {
            width = width.max(survey(source, header.len(), notes).await?);
        }
        if found.is_none() {
            let row = csv.next_of_any_width().await?.then(|| csv.cells().map(|cell| cell.into_owned()).collect());
            found = Some((header, row));
        }
        at += 1;
    }
    if let Some((header, _)) = &mut found {
        header.resize(header.len().max(width), String::new());
    }
    Ok(found)
}
