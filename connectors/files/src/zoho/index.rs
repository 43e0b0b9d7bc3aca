//! Ties the files of the zips of attachments to records, by the index `Data/Attachments_001.csv`. The index is read row by
//! row; of the files only their places are in memory.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use hozon_shared::archive::zoho_layout::{ID_PREFIX, folded, number_of};
use hozon_shared::snapshots::input::NewAttachment;

use super::copies::are_equal;
use super::index_columns::IndexColumns;
use super::index_file::OpenIndex;
use super::kept::Kept;
use super::modules::ZohoModule;
use super::owners::Owners;
use super::reading::ZohoReading;
use super::told::ZohoNotes;
use crate::csv_file::CsvFile;
use crate::error::ImportError;
use crate::inputs::InputFile;
use crate::module_plan::PlannedFile;
use crate::notes::Note;
use crate::zoho_notes::{KeptBecause, ZohoNote};

/// Forms of a time without a zone.
const TIMES: [&str; 4] = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S"];

/// Module of the users.
const USERS: &str = "Users";

/// A row of the index.
struct Entry {
    /// Id of the attachment, which begins the name of its file.
    code: String,
    /// Ids that may be the record's.
    parents: Vec<String>,
    /// Name of the record's module; empty if the index does not say it.
    module: String,
    name: String,
    size: Option<u64>,
    created: String,
    is_link: bool,
}

impl Entry {
    fn of(csv: &CsvFile, columns: &IndexColumns) -> Self {
        let cells: Vec<_> = csv.cells().collect();
        let cell = |at: usize| cells.get(at).map(|cell| cell.to_string()).unwrap_or_default();
        let optional = |at: Option<usize>| at.map(cell).unwrap_or_default();
        Self {
            code: code_of(number_of(&cell(columns.id))).to_owned(),
            parents: columns.parents.iter().map(|at| cell(*at)).filter(|id| !id.is_empty()).collect(),
            module: optional(columns.module),
            name: optional(columns.file_name),
            size: optional(columns.size).parse().ok(),
            created: optional(columns.created),
            is_link: !optional(columns.link).is_empty(),
        }
    }
}

/// Returns the id of an attachment, which precedes the first underscore in the name of its file.
fn code_of(name: &str) -> &str {
    name.split_once('_').map_or_else(|| name.split_once('.').map_or(name, |(code, _)| code), |(code, _)| code)
}

/// Adds the files that the index lists to their modules, and keeps the others.
pub async fn tie(
    indexes: &[OpenIndex],
    files: Vec<InputFile>,
    (owners, modules): (&Owners, &mut [ZohoModule]),
    (kept, told): (&mut Kept, &mut ZohoNotes),
    reading: ZohoReading<'_>,
) -> Result<(), ImportError> {
    let has_files = !files.is_empty();
    let names = names_of(modules);
    let mut by_code = by_code(files, kept, told).await?;
    for index in indexes {
        let mut csv = index.rows().await?;
        while csv.next(index.header.len()).await? {
            if !has_files {
                told.push_other(Note::NoAttachments(index.source.file.name.clone()));
                break;
            }
            let entry = Entry::of(&csv, &index.columns);
            let Some(file) = by_code.remove(entry.code.as_str()) else {
                let (index, line) = (index.source.file.name.clone(), csv.line());
                told.push(ZohoNote::NoFile { index, line, file: shown(&entry), is_link: entry.is_link });
                continue;
            };
            if let Some(stated) = entry.size.filter(|size| *size != file.size) {
                told.push(ZohoNote::Size { name: file.name.clone(), stated, found: file.size });
            }
            let named = names.get(&folded(&entry.module)).copied();
            match record_of(&entry, named, owners, modules) {
                Some((module, record)) => modules[module].attachments.push(planned(entry, file, record, reading)),
                None => {
                    told.kept(&file.name, KeptBecause::NoRecord { record: entry.parents.join(", ") });
                    kept.attachment(file);
                }
            }
        }
    }
    let mut unlisted: Vec<InputFile> = by_code.into_values().collect();
    unlisted.sort_by(|one, other| one.name.cmp(&other.name));
    for file in unlisted {
        told.kept(&file.name, KeptBecause::Unlisted);
        kept.attachment(file);
    }
    Ok(())
}

/// Returns the positions of the modules by their folded names.
fn names_of(modules: &[ZohoModule]) -> HashMap<String, usize> {
    let names = |module: &ZohoModule| [folded(&module.head.label), folded(&module.stem), folded(&module.head.api_name)];
    let all = modules.iter().enumerate().flat_map(|(at, module)| names(module).map(|name| (name, at)));
    all.filter(|(name, _)| !name.is_empty()).collect()
}

/// Returns the module and the record of an attachment. A module whose ids are not known has the record if the index says so.
/// Where the label of the record's column is not known, users are passed
/// over: they are owners and creators.
fn record_of(entry: &Entry, named: Option<usize>, owners: &Owners, modules: &[ZohoModule]) -> Option<(usize, String)> {
    if let (Some(module), [parent]) = (named, entry.parents.as_slice()) {
        let has_no_ids = modules[module].id_column.is_none();
        return owners.of(parent, named).or_else(|| has_no_ids.then(|| (module, parent.clone())));
    }
    let mut found = entry.parents.iter().filter_map(|id| owners.of(id, None));
    match entry.parents.as_slice() {
        [_] => found.next(),
        _ => found.find(|(module, _)| modules[*module].head.api_name != USERS),
    }
}

/// Finds the files by the ids in their names. Of two files with the same id the second one is kept apart, unless it is equal.
async fn by_code(
    files: Vec<InputFile>,
    kept: &mut Kept,
    told: &mut ZohoNotes,
) -> Result<HashMap<Box<str>, InputFile>, ImportError> {
    let mut found: HashMap<Box<str>, InputFile> = HashMap::new();
    for file in files {
        let code = code_of(file.file_name());
        match found.get(code) {
            None => drop(found.insert(code.into(), file)),
            Some(known) if are_equal(known, &file).await? => {}
            Some(_) => {
                told.kept(&file.name, KeptBecause::Unlisted);
                kept.attachment(file);
            }
        }
    }
    Ok(found)
}

fn shown(entry: &Entry) -> String {
    format!("{}_{}", entry.code, entry.name)
}

fn planned(entry: Entry, file: InputFile, record_id: String, reading: ZohoReading<'_>) -> PlannedFile {
    let in_name = file.file_name().split_once('_').map_or(file.file_name(), |(_, name)| name);
    let name = if entry.name.is_empty() { in_name.to_owned() } else { entry.name };
    let attachment = NewAttachment {
        id: format!("{ID_PREFIX}{}", entry.code),
        record_id,
        record_name: String::new(),
        content_type: mime_guess::from_path(&name).first_or_octet_stream().to_string(),
        name,
        created: Some(time(&entry.created, reading).or(file.modified).unwrap_or(reading.now)),
    };
    PlannedFile { attachment, file, sha256: None }
}

/// Parses a time in the zone of the import, or with an offset. At the end of summer time the first of two times is meant.
fn time(text: &str, reading: ZohoReading<'_>) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let naive = TIMES.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    reading.zone.from_local_datetime(&naive).earliest().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::CsvPreferences;

    #[test]
    fn an_id_precedes_the_first_underscore() {
        for (name, code) in [("5361_a_b.pdf", "5361"), ("5361.pdf", "5361"), ("5361", "5361"), ("ab12_見積.pdf", "ab12")] {
            assert_eq!(code_of(name), code);
        }
    }

    #[test]
    fn times_are_in_the_zone_of_the_organisation() {
        let preferences = CsvPreferences::default();
        let reading = ZohoReading { preferences: &preferences, zone: chrono_tz::Africa::Johannesburg, now: DateTime::UNIX_EPOCH };
        let expected = Some(DateTime::from_timestamp(1_785_232_800, 0).expect("a time"));
        assert_eq!(time("2026-07-28 12:00:00", reading), expected);
        assert_eq!(time("2026-07-28T12:00:00+02:00", reading), expected);
        assert_eq!(time("yesterday", reading), None);
    }
}
