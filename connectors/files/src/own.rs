//! Hozon's own backups, whose manifest and other documents describe each file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, FieldsDocument, FileRecord, Manifest};
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment};

use super::backup_origin::BackupOrigin;
use super::csv_file::{CsvFile, CsvSource, Nulls};
use super::dialect::{CsvPreferences, Dialect, detect};
use super::error::{ImportError, RowFault};
use super::header;
use super::inputs::InputFile;
use super::inventory::{Inventory, OwnPart};
use super::module_plan::{ModulePlan, PlannedFile};
use super::notes::Note;
use super::own_manifest::{is_field_document, parsed};
use super::own_set::{Member, SetFault, check_complete, check_one_backup};
use super::record_ids::key_of;

const ATTACHMENT_INDEX: &str = "attachments.csv";

/// How files of a backup are accepted.
#[derive(Debug, Clone, Copy)]
pub struct OwnReading<'a> {
    /// Whether files may have been edited.
    pub edited: bool,
    /// The user's settings for CSV files, which apply to edited files.
    pub preferences: &'a CsvPreferences,
}

/// Removes duplicate parts, and rejects incomplete sets.
pub fn settle(inventory: &mut Inventory) -> Result<(), ImportError> {
    let mut kept: Vec<OwnPart> = Vec::new();
    for part in std::mem::take(&mut inventory.own) {
        let place = |part: &OwnPart| (part.manifest.backup, part.manifest.kind, part.manifest.part);
        let known = kept.iter().find(|known| place(known) == place(&part) && part.manifest.part.is_some() && !known.is_partial);
        match known {
            None => kept.push(part),
            Some(known) if known.manifest.files == part.manifest.files => {
                inventory.notes.push(Note::GivenTwice { name: part.name, first: known.name.clone() });
            }
            Some(known) => return Err(ImportError::DifferentCopies { first: known.name.clone(), second: part.name }),
        }
    }
    let members: Vec<Member> = kept.iter().map(member).collect();
    check_one_backup(&members)?;
    let whole: Vec<Member> = kept.iter().filter(|part| !part.is_partial).map(member).collect();
    check_complete(&whole)?;
    check_whole_modules(&kept)?;
    let has = |kind| whole.iter().find(|member| member.kind == kind);
    if let (Some(data), None) = (has(ArchiveKind::Data), has(ArchiveKind::Attachments)) {
        inventory.notes.push(Note::NoAttachments(data.name.clone()));
    }
    inventory.own = kept;
    Ok(())
}

/// What the manifests say of their backup. All of them say the same.
pub fn origin(inventory: &Inventory) -> Option<BackupOrigin> {
    let Manifest { backup, read_from, sequences, .. } = &inventory.own.first()?.manifest;
    Some(BackupOrigin { backup: *backup, taken: *read_from, sequences: sequences.clone() })
}

fn member(part: &OwnPart) -> Member {
    let Manifest { backup, kind, part: number, parts, .. } = part.manifest;
    Member { name: part.name.clone(), backup, kind, part: number, parts }
}

/// Checks that all CSV files of a module are given if they were given one by one.
fn check_whole_modules(parts: &[OwnPart]) -> Result<(), ImportError> {
    for part in parts.iter().filter(|part| part.is_partial) {
        let records = &part.manifest.files;
        for record in records.iter().filter(|record| record.module.is_some() && part.file(&record.path).is_some()) {
            let of_module: Vec<_> = records.iter().filter(|other| other.module == record.module).collect();
            if let Some(missing) = of_module.iter().find(|record| part.file(&record.path).is_none()) {
                let parts = u32::try_from(of_module.len()).unwrap_or(u32::MAX);
                let (missing, name) = (missing.path.clone(), record.path.clone());
                return Err(SetFault::MissingPart { missing, parts, name }.into());
            }
        }
    }
    Ok(())
}

/// Reads the modules of a data zip; other zips have none. The field documents contain labels, types and order.
pub async fn modules(part: &OwnPart, reading: OwnReading<'_>, notes: &mut Vec<Note>) -> Result<Vec<ModulePlan>, ImportError> {
    if part.manifest.kind != ArchiveKind::Data {
        return Ok(Vec::new());
    }
    let documents = field_documents(part).await?;
    let mut plans: Vec<ModulePlan> = Vec::new();
    for record in &part.manifest.files {
        let Some(module) = record.module.as_ref().filter(|_| !part.is_partial || part.file(&record.path).is_some()) else {
            continue;
        };
        let source = source(part, record, reading, notes).await?;
        match plans.iter_mut().find(|plan| plan.head.api_name == *module) {
            Some(plan) => plan.files.push(source),
            None => plans.push(ModulePlan {
                head: ModuleHead {
                    api_name: module.clone(),
                    label: documents.get(module).map_or_else(|| module.clone(), |document| document.label.clone()),
                    order: documents.get(module).map_or(0, |document| document.order),
                    contents: DataCategory::Crm,
                    fields: Vec::new(),
                    key: Vec::new(),
                    structure: documents.get(module).and_then(|document| document.structure.clone()),
                },
                files: vec![source],
                attachments: Vec::new(),
                input: part.name.clone(),
                backup: Some(part.manifest.backup),
            }),
        }
    }
    for plan in &mut plans {
        let header = header::common(&mut plan.files, notes).await?.unwrap_or_default();
        plan.head.fields = fields(header, documents.get(&plan.head.api_name));
        let key = documents.get(&plan.head.api_name).map(|document| document.key.clone()).unwrap_or_default();
        plan.head.key = if key.is_empty() { key_of(&plan.head.fields) } else { key };
    }
    Ok(plans)
}

async fn source(
    part: &OwnPart,
    record: &FileRecord,
    reading: OwnReading<'_>,
    notes: &mut Vec<Note>,
) -> Result<CsvSource, ImportError> {
    let file = required(part, &record.path)?.clone();
    let dialect = if reading.edited { detect(&file, reading.preferences, notes).await? } else { Dialect::OWN };
    let (escaping, lenient) = (part.manifest.csv.escaping(), reading.edited && reading.preferences.lenient);
    let nulls = if part.manifest.csv.null.is_some() { Nulls::Marked } else { Nulls::Empty };
    Ok(CsvSource { file, dialect, escaping, nulls, lenient, expected: Some(record.clone()), may_be_edited: reading.edited })
}

fn fields(header: Vec<String>, described: Option<&FieldsDocument>) -> Vec<Field> {
    let known =
        |name: &String| described.and_then(|document| document.fields.iter().find(|field| field.api_name == *name)).cloned();
    let plain =
        |name: String| Field { label: name.clone(), api_name: name, data_type: "text".to_owned(), contents: DataCategory::Crm };
    header.into_iter().map(|name| known(&name).unwrap_or_else(|| plain(name))).collect()
}

/// Adds the attachments of an attachments zip according to its index.
pub async fn attachments(
    part: &OwnPart,
    reading: OwnReading<'_>,
    modules: &mut BTreeMap<String, ModulePlan>,
    notes: &mut Vec<Note>,
) -> Result<(), ImportError> {
    if part.manifest.kind != ArchiveKind::Attachments {
        return Ok(());
    }
    let Some(record) = part.manifest.files.iter().find(|record| record.path == ATTACHMENT_INDEX) else { return Ok(()) };
    let source = source(part, record, reading, notes).await?;
    let index = source.file.name.clone();
    let mut csv = CsvFile::open(&source).await?;
    let header = csv.header().await?.unwrap_or_default();
    if header != ATTACHMENT_COLUMNS {
        return Err(csv.fault(1, RowFault::OtherHeader));
    }
    while csv.next(header.len()).await? {
        let (module, path, planned) = listed(&csv)?;
        let line = csv.line();
        let missing = || ImportError::MissingFile { index: index.clone(), line, path: path.clone() };
        let file = part.file(&path).ok_or_else(missing)?.clone();
        let unknown = || ImportError::UnknownModule { file: index.clone(), module: module.clone() };
        modules.get_mut(&module).ok_or_else(unknown)?.attachments.push(PlannedFile { file, ..planned });
    }
    notes.append(&mut csv.finish()?);
    let unlisted = part.manifest.files.iter().find(|record| part.file(&record.path).is_none());
    unlisted.map_or(Ok(()), |record| required(part, &record.path).map(drop))
}

/// Parses the current index row: module, path, attachment.
fn listed(csv: &CsvFile) -> Result<(String, String, PlannedFile), ImportError> {
    let mut cells = csv.cells().map(Cow::into_owned);
    let mut cell = || cells.next().unwrap_or_default();
    let (module, record_id, record_name, id, path, name) = (cell(), cell(), cell(), cell(), cell(), cell());
    let (_size, content_type, created, sha256) = (cell(), cell(), cell(), cell());
    let attachment = NewAttachment { id, record_id, record_name, name, content_type, created: time(csv, &created)? };
    let file = csv.file().clone();
    Ok((module, path, PlannedFile { attachment, file, sha256: Some(sha256) }))
}

/// Parses the time of an attachment, which may be left out.
fn time(csv: &CsvFile, text: &str) -> Result<Option<DateTime<Utc>>, ImportError> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| csv.fault(csv.line(), RowFault::Value { column: "created" }))?;
    Ok(Some(time.to_utc()))
}

async fn field_documents(part: &OwnPart) -> Result<HashMap<String, FieldsDocument>, ImportError> {
    let mut documents = HashMap::new();
    for file in part.files.values().filter(|file| is_field_document(&file.path)) {
        let described: FieldsDocument = parsed(file, &file.read().await?)?;
        documents.insert(described.api_name.clone(), described);
    }
    Ok(documents)
}

fn required<'a>(part: &'a OwnPart, path: &str) -> Result<&'a InputFile, ImportError> {
    let missing = || ImportError::MissingFile { index: format!("{}: manifest.json", part.name), line: 1, path: path.to_owned() };
    part.file(path).ok_or_else(missing)
}
