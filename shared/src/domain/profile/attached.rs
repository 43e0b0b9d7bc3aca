//! Which files belong to the records of a module, as a profile says.

use std::collections::HashSet;

use super::file_path::PathTemplate;
use super::format::{FileBytes, FileKinds, FileRecord, Profile, ProfileFiles};
use crate::domain::crm::DataCategory;
use crate::domain::selection::Omission;
use crate::domain::source::{Gap, GapKind, SourceAdvice, SourceModule};

/// Files of the records of one module, in one table that has a row for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    /// The table, under the name that the source gives its module.
    pub table: String,
    /// Column that identifies a file.
    pub id: String,
    pub name: Option<String>,
    pub media_type: Option<String>,
    pub created: Option<String>,
    pub record: RecordId,
    /// Which rows belong to the module's records: those that meet all conditions.
    pub conditions: Vec<RowCondition>,
    /// Table that explains what kind of record a row names, if conditions need it.
    pub kinds: Option<String>,
    pub bytes: FileBytes,
}

/// Where a row says which record its file belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordId {
    Column(String),
    /// What follows the comma in a column.
    AfterComma(String),
}

/// What must hold for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowCondition {
    /// The column has this text.
    Is {
        column: String,
        value: String,
    },
    /// The column is neither NULL nor empty.
    Filled(String),
    StartsWith {
        column: String,
        text: String,
    },
    /// The column refers to a row whose names, joined with dots, are this text.
    Named {
        column: String,
        kinds: FileKinds,
        value: String,
    },
    /// The row says which record its file belongs to.
    HasRecord(RecordId),
    /// Each of these holds.
    All(Vec<RowCondition>),
    /// None of these holds.
    Neither(Vec<RowCondition>),
}

impl Profile {
    /// Returns where the files of the records of `module` are, named as the source names it. `found` are all modules of the source
    /// as it shows them. A module that backups leave out has no files. Files of records that the profile does not know belong to
    /// their own table.
    pub fn files_of(&self, module: &SourceModule, found: &[SourceModule]) -> Vec<FileSource> {
        if module.contents != DataCategory::Crm {
            return Vec::new();
        }
        let usable = self.files.iter().filter(|files| files.is_usable(found) && self.is_backed_up(&files.table));
        usable.filter_map(|files| self.source_of(files, &module.api_name, found)).collect()
    }

    /// Columns of a table whose bytes backups contain as files.
    pub(super) fn columns_of_bytes(&self, table: &str, found: &[SourceModule]) -> HashSet<&str> {
        let of_table = self.files.iter().filter(|files| files.table == table && self.is_backed_up(table));
        of_table.filter(|files| files.is_usable(found)).filter_map(|files| files.bytes.column.as_deref()).collect()
    }

    /// What the source does not have and reading files needs. Without it the files of that table are not contained.
    pub(super) fn missing_for_files(&self, found: &[SourceModule]) -> Vec<Gap> {
        let backed_up = self.files.iter().filter(|files| self.is_backed_up(&files.table));
        let mut missing: Vec<Gap> = Vec::new();
        for gap in backed_up.flat_map(|files| files.lacks(found)) {
            if !missing.contains(&gap) {
                missing.push(gap);
            }
        }
        missing
    }

    /// What to know about the files before the first backup. `has_folder` says whether the operator has named the CRM's folder.
    pub fn advice(&self, found: &[SourceModule], has_folder: bool) -> Option<SourceAdvice> {
        (!has_folder && self.has_files_in_folder(found)).then_some(SourceAdvice::FilesInFolder)
    }

    /// Whether attached files may lie in a folder of the CRM, which only the operator can name.
    pub(super) fn has_files_in_folder(&self, found: &[SourceModule]) -> bool {
        let usable = self.files.iter().filter(|files| files.is_usable(found) && self.is_backed_up(&files.table));
        usable.map(|files| &files.bytes).any(|bytes| bytes.path.is_some())
    }

    fn is_backed_up(&self, table: &str) -> bool {
        let category = self.module.iter().find(|module| module.table == table).map(|module| module.category);
        category.unwrap_or_default() == DataCategory::Crm && self.omit.iter().all(|omitted| omitted.table != table)
    }

    fn source_of(&self, files: &ProfileFiles, table: &str, found: &[SourceModule]) -> Option<FileSource> {
        let is_own = files.table == table;
        let (record, condition) = match &files.record {
            None if is_own => (RecordId::Column(files.id.clone()), None),
            None => return None,
            Some(record) if is_own => {
                (RecordId::Column(files.id.clone()), Some(RowCondition::Neither(self.claims(record, found))))
            }
            Some(record) => {
                let (id, condition) = self.claim(record, table)?;
                (id, Some(condition))
            }
        };
        let only = files.only.iter().map(|only| match &only.is {
            Some(value) => RowCondition::Is { column: only.column.clone(), value: value.clone() },
            None => RowCondition::Filled(only.column.clone()),
        });
        let conditions = only.chain(condition).collect();
        let kinds = files.record.as_ref().and_then(|record| record.kinds.as_ref()).map(|kinds| kinds.table.clone());
        let ProfileFiles { table, id, name, media_type, created, bytes, .. } = files.clone();
        Some(FileSource { table, id, name, media_type, created, record, conditions, kinds, bytes })
    }

    /// How files say that they belong to a record of a table.
    fn claim(&self, record: &FileRecord, table: &str) -> Option<(RecordId, RowCondition)> {
        if let Some(column) = record.columns.get(table) {
            return Some(of_record(RecordId::Column(column.clone()), RowCondition::Filled(column.clone())));
        }
        let value = self.module.iter().find(|module| module.table == table)?.known_as.clone()?;
        if let Some(column) = &record.reference {
            let starts = RowCondition::StartsWith { column: column.clone(), text: format!("{value},") };
            return Some(of_record(RecordId::AfterComma(column.clone()), starts));
        }
        let (kind, id) = (record.kind.clone()?, record.id.clone()?);
        let is = match record.kinds.clone() {
            Some(kinds) => RowCondition::Named { column: kind, kinds, value },
            None => RowCondition::Is { column: kind, value },
        };
        Some(of_record(RecordId::Column(id), is))
    }

    /// All ways in which files belong to records of modules that the source has.
    fn claims(&self, record: &FileRecord, found: &[SourceModule]) -> Vec<RowCondition> {
        let has = |table: &str| found.iter().any(|module| module.api_name == table);
        let tables = self.module.iter().map(|module| &module.table).chain(record.columns.keys());
        let mut tables: Vec<_> = tables.filter(|table| has(table)).collect();
        tables.sort_unstable();
        tables.dedup();
        tables.into_iter().filter_map(|table| self.claim(record, table)).map(|(_, condition)| condition).collect()
    }
}

/// Files of a record are those that name one; all others belong to their own row.
fn of_record(record: RecordId, condition: RowCondition) -> (RecordId, RowCondition) {
    let has_record = RowCondition::HasRecord(record.clone());
    (record, RowCondition::All(vec![condition, has_record]))
}

impl FileSource {
    /// Returns what remains if an administrator leaves out its table, shown as `table`, or columns with bytes; `None` if nothing does.
    pub fn without_omissions(mut self, table: &str, omitted: &[Omission]) -> Option<Self> {
        let is_omitted =
            |field: Option<&str>| omitted.iter().any(|known| known.module == table && known.field.as_deref() == field);
        let bytes = &mut self.bytes;
        for column in [&mut bytes.column, &mut bytes.large_object] {
            column.take_if(|column| is_omitted(Some(column)));
        }
        let has_bytes = bytes.column.is_some() || bytes.large_object.is_some() || bytes.path.is_some();
        (has_bytes && !is_omitted(None)).then_some(self)
    }
}

impl ProfileFiles {
    /// Whether the source has all that reading the files needs.
    fn is_usable(&self, found: &[SourceModule]) -> bool {
        found.iter().any(|module| module.api_name == self.table) && self.lacks(found).is_empty()
    }

    /// What reading the files needs and the source does not have, if it has their table.
    fn lacks(&self, found: &[SourceModule]) -> Vec<Gap> {
        let Some(own) = found.iter().find(|module| module.api_name == self.table) else { return Vec::new() };
        let mut lacks = missing_columns(own, &self.columns());
        if let Some(kinds) = self.record.as_ref().and_then(|record| record.kinds.as_ref()) {
            match found.iter().find(|module| module.api_name == kinds.table) {
                Some(table) => lacks.extend(missing_columns(table, kinds.names.iter().chain([&kinds.key]))),
                None => lacks.push(Gap::of(&kinds.table, GapKind::Missing)),
            }
        }
        lacks
    }

    /// All columns of its table that it names.
    pub(super) fn columns(&self) -> Vec<String> {
        let record = self.record.iter().flat_map(|record| {
            [&record.kind, &record.id, &record.reference].into_iter().flatten().chain(record.columns.values())
        });
        let path = self.bytes.path.as_deref().and_then(|path| PathTemplate::parse(path).ok());
        let of_path: Vec<String> = path.iter().flat_map(PathTemplate::columns).map(str::to_owned).collect();
        [&self.bytes.column, &self.bytes.large_object, &self.name, &self.media_type, &self.created]
            .into_iter()
            .flatten()
            .chain(self.only.iter().map(|only| &only.column))
            .chain(record)
            .chain([&self.id])
            .cloned()
            .chain(of_path)
            .collect()
    }
}

fn missing_columns<'a>(table: &SourceModule, columns: impl IntoIterator<Item = &'a String>) -> Vec<Gap> {
    let has = |column: &String| table.fields.iter().any(|field| field.api_name == *column);
    let gap = |column: &String| Gap { field: Some(column.clone()), ..Gap::of(&table.api_name, GapKind::Missing) };
    columns.into_iter().filter(|column| !has(column)).map(gap).collect()
}
