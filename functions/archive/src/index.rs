//! The entries of a zip that describe the others: field metadata, the attachments' index, the manifest.

use chrono::{DateTime, Utc};
use hozon_shared::archive::csv::{CsvOptions, CsvWriter, RULE};
use hozon_shared::archive::manifest::{
    ATTACHMENT_COLUMNS, CsvRules, FieldsDocument, FileRecord, Manifest, ManifestOrganisation, attachment_row, to_json,
};
use hozon_shared::archive::names::PathNamer;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{Contents, left_out};
use hozon_shared::ports::ObjectRef;

use crate::work::{Plan, Segment};
use crate::{Run, TaskError};

/// An entry that `assemble` makes itself: path, content, CSV rows.
pub type OwnEntry = (String, Vec<u8>, Option<u64>);

/// `fields/<module>.json` of every module that is backed up.
pub fn field_documents(plan: &Plan) -> Result<Vec<OwnEntry>, TaskError> {
    let mut paths = PathNamer::new();
    let mut documents = Vec::new();
    for module in plan.modules.iter().filter(|module| module.contents == Contents::Crm) {
        let path = paths.place(&["fields", &format!("{}.json", module.api_name)]);
        let json = to_json(&FieldsDocument::of(module)).map_err(|error| TaskError::damaged("Field metadata", error))?;
        documents.push((path, json, None));
    }
    Ok(documents)
}

/// `attachments.csv`: ties each entry to its module and record.
pub fn attachment_index(segments: &[(ObjectRef, Segment)]) -> OwnEntry {
    let mut csv = CsvWriter::new(CsvOptions::default());
    csv.begin(&ATTACHMENT_COLUMNS);
    let mut rows = 0;
    for entry in segments.iter().flat_map(|(_, segment)| &segment.entries) {
        let Some(attachment) = &entry.attachment else { continue };
        let row = attachment_row(&entry.module, &entry.entry.name, attachment, &entry.sha256);
        csv.row(row.iter().map(String::as_str));
        rows += 1;
    }
    ("attachments.csv".to_owned(), csv.take(), Some(rows))
}

/// `manifest.json`.
pub fn manifest(
    run: &Run<'_>,
    plan: &Plan,
    kind: ArchiveKind,
    read_until: DateTime<Utc>,
    files: Vec<FileRecord>,
) -> Result<Vec<u8>, TaskError> {
    let organisation = &plan.organisation;
    let manifest = Manifest {
        format: hozon_shared::archive::manifest::FORMAT.to_owned(),
        version: hozon_shared::archive::manifest::VERSION,
        kind,
        organisation: ManifestOrganisation {
            id: organisation.id,
            name: organisation.name.clone(),
            time_zone: organisation.time_zone,
        },
        backup: run.backup,
        source: run.ports.source.info(),
        read_from: plan.read_from,
        read_until,
        csv: CsvRules { rule: RULE.to_owned(), ..CsvRules::default() },
        left_out: left_out(&plan.modules),
        files,
    };
    to_json(&manifest).map_err(|error| TaskError::damaged("The manifest", error))
}
