//! The complete contents of an organisation's CRM, for comparisons.

use std::io::Read;

use flate2::read::DeflateDecoder;
use futures_util::TryStreamExt;
use hozon_shared::archive::csv::kept_columns;
use hozon_shared::archive::zip::{Method, local_header};
use hozon_shared::domain::crm::{Attachment, DataCategory, Field, Module};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::snapshot::{FileRun, StoredFile};
use hozon_shared::ports::Ports;
use hozon_shared::snapshots::reader::{self, stored_module};
use hozon_shared::snapshots::stores::stored_object;

/// A module with all its rows and attachments.
#[derive(Debug, PartialEq, Eq)]
pub struct ModuleContents {
    pub api_name: String,
    pub label: String,
    pub order: u32,
    pub fields: Vec<Field>,
    pub rows: Vec<Vec<String>>,
    /// Attachments: id, record, file name, media type, bytes.
    pub attachments: Vec<(String, String, String, String, Vec<u8>)>,
}

/// Reads everything that a backup contains. Modules and fields that backups leave out are skipped.
pub async fn contents(ports: &Ports, org: OrgId) -> Vec<ModuleContents> {
    contents_of(ports, org, ports.catalogue.modules(org).await.expect("modules")).await
}

/// Reads everything that the newest capture contains.
pub async fn captured_contents(ports: &Ports, org: OrgId) -> Vec<ModuleContents> {
    contents_of(ports, org, ports.catalogue.captured(org).await.expect("modules")).await
}

async fn contents_of(ports: &Ports, org: OrgId, modules: Vec<Module>) -> Vec<ModuleContents> {
    let mut all = Vec::new();
    for module in modules {
        if module.contents != DataCategory::Crm {
            continue;
        }
        let stored = stored_module(&*ports.objects, org, &module).await.expect("is stored");
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut pages = reader::rows(ports.objects.clone(), org, &module, stored.blocks);
        while let Some(page) = pages.try_next().await.expect("rows") {
            page.for_each(|cells| {
                rows.push(cells.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect());
                Ok::<(), std::convert::Infallible>(())
            })
            .expect("infallible");
        }
        let mut attachments = Vec::new();
        for run in stored.files {
            for file in reader::files(&*ports.objects, org, &run).await.expect("files") {
                let body = bytes_of(ports, org, &run, &file).await;
                let Attachment { id, record_id, name, content_type, .. } = file.attachment;
                attachments.push((id, record_id, name, content_type, body));
            }
        }
        let kept = kept_columns(&module.fields);
        let fields = kept.iter().map(|&at| module.fields[at].clone()).collect();
        let (api_name, label, order) = (module.api_name, module.label, module.order);
        all.push(ModuleContents { api_name, label, order, fields, rows, attachments });
    }
    all
}

async fn bytes_of(ports: &Ports, org: OrgId, run: &FileRun, file: &StoredFile) -> Vec<u8> {
    let start = match run {
        FileRun::Pack(_) => file.offset + local_header(&file.entry).len() as u64,
        FileRun::Large(_) => 0,
    };
    let at = stored_object(org, run.object());
    let body = ports.objects.get(&at, Some(start..start + file.entry.compressed)).await.expect("opens");
    let body: Vec<_> = body.try_collect().await.expect("reads");
    match file.entry.method {
        Method::Stored => body.concat(),
        Method::Deflated => {
            let mut bytes = Vec::new();
            DeflateDecoder::new(body.concat().as_slice()).read_to_end(&mut bytes).expect("inflates");
            bytes
        }
    }
}

/// What must come back: modules in order with fields, rows, and the attachments of each record. Zoho's index has no media types.
fn comparable(modules: &[ModuleContents]) -> Vec<serde_json::Value> {
    let comparable = |module: &ModuleContents| {
        let sum = |bytes: &Vec<u8>| (bytes.len(), crc32fast::hash(bytes));
        let files = module.attachments.iter().map(|(_, record, name, _, bytes)| (record, name, sum(bytes)));
        let mut files: Vec<_> = files.collect();
        files.sort();
        serde_json::json!([module.api_name, module.label, format!("{:?}", module.fields), module.rows, format!("{files:?}")])
    };
    modules.iter().map(comparable).collect()
}

/// Names the first module that differs.
pub fn require_equal(copied: &[ModuleContents], original: &[ModuleContents]) {
    let names = |modules: &[ModuleContents]| modules.iter().map(|module| module.api_name.clone()).collect::<Vec<_>>();
    assert_eq!(names(copied), names(original));
    for (one, other) in comparable(copied).iter().zip(&comparable(original)) {
        for part in (0..5).filter(|part| one[part] != other[part]) {
            let [one, other] = [&one[part], &other[part]].map(ToString::to_string);
            let at = one.bytes().zip(other.bytes()).position(|(one, other)| one != other).unwrap_or(one.len().min(other.len()));
            let shown = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..(at + 80).min(text.len())]).into_owned()
            };
            assert!(one == other, "part {part}: {} instead of {}", shown(&one), shown(&other));
        }
    }
}
