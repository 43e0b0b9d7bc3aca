//! The documents of a zip that describe the other entries: field metadata, and the manifest's fields about the whole
//! zip.

use bytes::Bytes;
use hozon_shared::archive::manifest::{CsvRules, FORMAT, FieldsDocument, Manifest, ManifestOrganisation, VERSION, to_json};
use hozon_shared::archive::names::PathNamer;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{DataCategory, left_out};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::RunPlan;

/// Returns path and content of each document of the data zip, apart from the manifest.
pub fn documents(plan: &RunPlan) -> Result<Vec<(String, Bytes)>, TaskErrorKind> {
    let mut documents = field_documents(plan)?;
    let mut paths = PathNamer::new();
    for (name, document) in &plan.metadata {
        let json = to_json(document)
            .map_err(|error| TaskErrorKind::WorkDamaged { document: "A description of the source", source: error })?;
        documents.push((paths.place(&["metadata", &format!("{name}.json")]), Bytes::from(json)));
    }
    Ok(documents)
}

/// Returns path and content of `fields/<module>.json` for every module that is backed up.
fn field_documents(plan: &RunPlan) -> Result<Vec<(String, Bytes)>, TaskErrorKind> {
    let mut paths = PathNamer::new();
    let mut documents = Vec::new();
    for module in plan.modules.iter().filter(|module| module.contents == DataCategory::Crm) {
        let path = paths.place(&["fields", &format!("{}.json", module.api_name)]);
        let json = to_json(&FieldsDocument::of(module))
            .map_err(|error| TaskErrorKind::WorkDamaged { document: "Field metadata", source: error })?;
        documents.push((path, Bytes::from(json)));
    }
    Ok(documents)
}

/// Creates `manifest.json` without its files. At this point everything was read, except what the store now copies
/// itself.
pub fn manifest(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind, parts: usize) -> Manifest {
    let organisation = &plan.organisation;
    Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        kind,
        organisation: ManifestOrganisation {
            id: organisation.id,
            name: organisation.name.clone(),
            time_zone: organisation.time_zone,
        },
        backup: run.backup,
        part: None,
        parts: u32::try_from(parts).ok(),
        source: plan.source.clone(),
        read_from: plan.read_from,
        read_until: plan.read_until.unwrap_or_else(|| run.ports.clock.now()),
        csv: CsvRules::of(organisation.archive.csv),
        left_out: left_out(&plan.modules),
        gaps: plan.gaps.clone(),
        sequences: plan.sequences.clone(),
        changes: plan.comparison.clone(),
        files: Vec::new(),
    }
}
