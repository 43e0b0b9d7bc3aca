//! Our own backups: the manifest and the documents beside it say what each file is.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;
use hozon_shared::archive::manifest::{ATTACHMENT_COLUMNS, FORMAT, FieldsDocument, Manifest, VERSION};
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{Contents, Field};
use hozon_shared::sources::native_writer::{ModuleHead, NewAttachment};

use super::csv_file::{CsvFile, CsvForm};
use super::error::{ImportError, RowFault};
use super::inputs::{Input, InputFile};
use super::layout::{ModulePlan, common_header};
use super::text::Encoding;

const ATTACHMENT_INDEX: &str = "attachments.csv";

/// The input's manifest, if it is one of our backups.
pub async fn manifest(input: &Input) -> Result<Option<Manifest>, ImportError> {
    let Some(file) = find(input, "manifest.json") else { return Ok(None) };
    let json = file.read().await?;
    let Ok(head) = serde_json::from_slice::<serde_json::Value>(&json) else { return Ok(None) };
    if head["format"] != FORMAT {
        return Ok(None);
    }
    if let Some(version) = head["version"].as_u64().and_then(|version| u32::try_from(version).ok())
        && version > VERSION
    {
        return Err(ImportError::NewerFormat { file: file.name.clone(), version });
    }
    document(file, &json).map(Some)
}

/// The modules of a data zip; other zips have none. The fields' documents give labels, types and order.
pub async fn modules(input: &Input, manifest: &Manifest) -> Result<Vec<ModulePlan>, ImportError> {
    if manifest.kind != ArchiveKind::Data {
        return Ok(Vec::new());
    }
    let form = form(manifest);
    let documents = field_documents(input).await?;
    let mut plans: Vec<ModulePlan> = Vec::new();
    for record in &manifest.files {
        let Some(module) = &record.module else { continue };
        let file = required(input, &record.path)?;
        match plans.iter_mut().find(|plan| plan.head.api_name == *module) {
            Some(plan) => plan.files.push((file.clone(), form)),
            None => {
                let head = head(module, documents.get(module), file, form).await?;
                let files = vec![(file.clone(), form)];
                plans.push(ModulePlan {
                    head,
                    files,
                    attachments: Vec::new(),
                    input: input.name.clone(),
                    backup: Some(manifest.backup),
                });
            }
        }
    }
    for plan in &plans {
        let files: Vec<_> = plan.files.iter().map(|(file, _)| file).collect();
        common_header(&files, form).await?;
    }
    Ok(plans)
}

/// The attachments of an attachments zip, by its index.
pub async fn attachments(input: &Input, modules: &mut BTreeMap<String, ModulePlan>) -> Result<(), ImportError> {
    let Some(index) = find(input, ATTACHMENT_INDEX) else { return Ok(()) };
    let manifest = manifest(input).await?;
    let mut csv = CsvFile::open(index, manifest.as_ref().map_or(CsvForm::OWN, form)).await?;
    let header = csv.header().await?.unwrap_or_default();
    if header != ATTACHMENT_COLUMNS {
        return Err(csv.fault(1, RowFault::OtherHeader));
    }
    let by_path: HashMap<&str, &InputFile> = input.files.iter().map(|file| (file.path.as_str(), file)).collect();
    while csv.next(header.len()).await? {
        let (module, path, attachment) = listed(&csv)?;
        let line = csv.line();
        let missing = || ImportError::MissingFile { index: index.name.clone(), line, path: path.clone() };
        let file = (*by_path.get(path.as_str()).ok_or_else(missing)?).clone();
        let unknown = || ImportError::UnknownModule { file: index.name.clone(), module: module.clone() };
        modules.get_mut(&module).ok_or_else(unknown)?.attachments.push((attachment, file));
    }
    Ok(())
}

/// Reads the present row of the index: module, path, attachment.
fn listed(csv: &CsvFile) -> Result<(String, String, NewAttachment), ImportError> {
    let mut cells = csv.cells().map(Cow::into_owned);
    let mut cell = || cells.next().unwrap_or_default();
    let (module, record_id, record_name, id, path, name) = (cell(), cell(), cell(), cell(), cell(), cell());
    let (_size, content_type, created) = (cell(), cell(), cell());
    let created =
        DateTime::parse_from_rfc3339(&created).map_err(|_| csv.fault(csv.line(), RowFault::Value { column: "created" }))?;
    Ok((module, path, NewAttachment { id, record_id, record_name, name, content_type, created: created.into() }))
}

async fn head(
    module: &str,
    described: Option<&FieldsDocument>,
    file: &InputFile,
    form: CsvForm,
) -> Result<ModuleHead, ImportError> {
    let header = common_header(&[file], form).await?;
    let known =
        |name: &String| described.and_then(|document| document.fields.iter().find(|field| field.api_name == *name)).cloned();
    let plain =
        |name: String| Field { label: name.clone(), api_name: name, data_type: "text".to_owned(), contents: Contents::Crm };
    let fields = header.into_iter().map(|name| known(&name).unwrap_or_else(|| plain(name))).collect();
    Ok(ModuleHead {
        api_name: module.to_owned(),
        label: described.map_or_else(|| module.to_owned(), |document| document.label.clone()),
        order: described.map_or(0, |document| document.order),
        contents: Contents::Crm,
        fields,
    })
}

async fn field_documents(input: &Input) -> Result<HashMap<String, FieldsDocument>, ImportError> {
    let mut documents = HashMap::new();
    for file in input.files.iter().filter(|file| file.path.starts_with("fields/") && file.path.ends_with(".json")) {
        let described: FieldsDocument = document(file, &file.read().await?)?;
        documents.insert(described.api_name.clone(), described);
    }
    Ok(documents)
}

fn form(manifest: &Manifest) -> CsvForm {
    CsvForm { encoding: Encoding::Utf8, escaping: manifest.csv.escaping() }
}

fn find<'a>(input: &'a Input, path: &str) -> Option<&'a InputFile> {
    input.files.iter().find(|file| file.path == path)
}

fn required<'a>(input: &'a Input, path: &str) -> Result<&'a InputFile, ImportError> {
    let missing = || ImportError::MissingFile { index: format!("{}: manifest.json", input.name), line: 1, path: path.to_owned() };
    find(input, path).ok_or_else(missing)
}

fn document<T: serde::de::DeserializeOwned>(file: &InputFile, json: &[u8]) -> Result<T, ImportError> {
    serde_json::from_slice(json).map_err(|source| ImportError::Document { file: file.name.clone(), source })
}
