//! What `Metadata/Modules_001.csv` and `Metadata/Fields_001.csv` say about modules and fields. The columns have had several
//! names; a file whose columns are not understood is noted, and its fields have no types.

use std::collections::HashMap;

use hozon_shared::archive::zoho_layout::{FIELD_COLUMNS, folded};

use super::labels::column;
use super::parts::numbered;
use super::reading::source;
use super::told::ZohoNotes;
use crate::csv_file::CsvFile;
use crate::dialect::CsvPreferences;
use crate::error::ImportError;
use crate::inputs::InputFile;
use crate::notes::Note;
use crate::zoho_notes::ZohoNote;

const API_NAMES: [&str; 4] = ["apiname", "moduleapiname", "fieldapiname", "apinamemodule"];
/// Columns by which other files may name a module.
const MODULE_ALIASES: [&str; 12] = [
    "apiname",
    "moduleapiname",
    "recordid",
    "moduleid",
    "modulename",
    "systemname",
    "name",
    "plurallabel",
    "singularlabel",
    "displaylabel",
    "label",
    "tabname",
];
const MODULE_LABELS: [&str; 5] = ["plurallabel", "displaylabel", "label", "pluralname", "modulelabel"];
const FIELD_MODULES: [&str; 6] = ["moduleapiname", "module", "modulename", "moduleid", "tabname", "tab"];
const FIELD_LABELS: [&str; 6] = ["fieldlabel", "label", "displaylabel", "displayname", "columnlabel", "fieldname"];
const FIELD_TYPES: [&str; 4] = ["datatype", "fieldtype", "type", "jsontype"];

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRow {
    pub label: String,
    /// Empty if it is not known.
    pub api_name: String,
    /// Zoho's name of the type; empty if it is not known.
    pub data_type: String,
    /// The label, where Hozon has written another one into the header; else empty.
    pub original: String,
}

/// What is known of modules and fields.
#[derive(Default)]
pub struct Metadata {
    modules: Vec<ModuleRow>,
    /// Fields by the folded name by which the file names their module.
    fields: HashMap<String, Vec<FieldRow>>,
}

struct ModuleRow {
    api_name: String,
    /// Empty if it is not known.
    label: String,
    /// Folded names.
    aliases: Vec<String>,
}

impl Metadata {
    /// Returns the API name of a module that a file is named after.
    pub fn api_name(&self, names: &[&str]) -> Option<&str> {
        self.row(names).map(|row| row.api_name.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the label of such a module.
    pub fn label(&self, names: &[&str]) -> Option<&str> {
        self.row(names).map(|row| row.label.as_str()).filter(|label| !label.is_empty())
    }

    /// Returns the position of such a module in the file about modules.
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.modules.iter().position(|row| row.aliases.contains(&folded(name))))
    }

    /// Returns the fields of a module.
    pub fn fields(&self, names: &[&str]) -> &[FieldRow] {
        let aliases = self.row(names).into_iter().flat_map(|row| row.aliases.iter().cloned());
        let all = names.iter().map(|name| folded(name)).chain(aliases);
        all.filter_map(|name| self.fields.get(&name)).next().map_or(&[], Vec::as_slice)
    }

    fn row(&self, names: &[&str]) -> Option<&ModuleRow> {
        self.position(names).and_then(|at| self.modules.get(at))
    }
}

/// Reads the files about modules and fields.
pub async fn read(
    files: &[InputFile],
    preferences: &CsvPreferences,
    told: &mut ZohoNotes,
    notes: &mut Vec<Note>,
) -> Result<Metadata, ImportError> {
    let mut metadata = Metadata::default();
    for file in files {
        let name = file.csv_stem().map(|stem| numbered(stem).map_or(stem, |(name, _)| name));
        let is_understood = match name {
            Some("Modules") => read_modules(file, preferences, &mut metadata, notes).await?,
            Some("Fields") => read_fields(file, preferences, &mut metadata, notes).await?,
            _ => true,
        };
        if !is_understood {
            told.push(ZohoNote::Columns { file: file.name.clone() });
        }
    }
    Ok(metadata)
}

async fn read_modules(
    file: &InputFile,
    preferences: &CsvPreferences,
    metadata: &mut Metadata,
    notes: &mut Vec<Note>,
) -> Result<bool, ImportError> {
    let mut csv = CsvFile::open(&source(file, preferences, notes).await?).await?;
    let Some(header) = csv.header().await? else { return Ok(false) };
    let api = column(&header, &API_NAMES);
    let aliases: Vec<usize> = MODULE_ALIASES.iter().filter_map(|label| column(&header, &[label])).collect();
    let (Some(api), label) = (api, column(&header, &MODULE_LABELS)) else { return Ok(false) };
    while csv.next(header.len()).await? {
        let cells: Vec<_> = csv.cells().collect();
        let cell = |at: usize| cells.get(at).map(|cell| cell.as_ref()).unwrap_or_default();
        let names = aliases.iter().map(|at| folded(cell(*at))).filter(|name| !name.is_empty());
        metadata.modules.push(ModuleRow {
            api_name: cell(api).to_owned(),
            label: label.map(cell).unwrap_or_default().to_owned(),
            aliases: names.collect(),
        });
    }
    Ok(true)
}

async fn read_fields(
    file: &InputFile,
    preferences: &CsvPreferences,
    metadata: &mut Metadata,
    notes: &mut Vec<Note>,
) -> Result<bool, ImportError> {
    let mut csv = CsvFile::open(&source(file, preferences, notes).await?).await?;
    let Some(header) = csv.header().await? else { return Ok(false) };
    let (module, label) = (column(&header, &FIELD_MODULES), column(&header, &FIELD_LABELS));
    let (api, kind) = (column(&header, &API_NAMES[..1]).or(column(&header, &API_NAMES[2..3])), column(&header, &FIELD_TYPES));
    let original = column(&header, &[&folded(FIELD_COLUMNS[4])]);
    let (Some(module), Some(label)) = (module, label) else { return Ok(false) };
    while csv.next(header.len()).await? {
        let cells: Vec<_> = csv.cells().collect();
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| cell.to_string()).unwrap_or_default();
        let (api_name, data_type) = (cell(api), cell(kind).to_lowercase());
        let row = FieldRow { label: cell(Some(label)), api_name, data_type, original: cell(original) };
        metadata.fields.entry(folded(&cell(Some(module)))).or_default().push(row);
    }
    Ok(api.is_some() || kind.is_some())
}
