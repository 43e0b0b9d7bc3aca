//! The task `assemble`: composes each zip inside the store, of blocks, packs and files, and adds the directory and the
//! entries that depend on the whole zip (field metadata, index, manifest). Entries are processed one after the other, so
//! that memory use does not grow with their number.

use futures_util::TryStreamExt;
use hozon_shared::archive::manifest::Manifest;
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind};
use hozon_shared::domain::statement::StatedZip;
use serde_json::Value;

use crate::contents::Tally;
use crate::documents::{documents, manifest};
use crate::explain::explained;
use crate::progress::AssemblyProgress;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::units::{Unit, UnitContent, Units, units};
use crate::work::RunPlan;
use crate::zip_writer::ZipWriter;
use crate::{zoho, zoho_index};

/// Space in a zip for field documents and the end records.
const OWN_BYTES: u64 = 1 << 20;
/// Space for the records of an entry apart from names: 30 bytes in front of it, 74 in the directory, two hexadecimal
/// SHA-256 digests, sizes, times and punctuation.
const RECORD_BYTES: usize = 430;
/// Space for a deflated row of the index of attachments in Zoho's layout.
const INDEX_ROW_BYTES: u64 = 300;
/// Space for the record of a range in the manifest.
const RANGE_BYTES: usize = 110;

/// A zip, and what the statement about the backup says of it.
type FinishedZip = (ArchiveFile, StatedZip);

pub async fn run(run: &Run<'_>) -> Result<Value, TaskErrorKind> {
    if run.read::<Vec<ArchiveFile>>(&run.archives_at()).await?.is_none() {
        let plan = run.plan().await?;
        let (mut tally, mut progress) = (Tally::new(&plan), AssemblyProgress::new(run, &plan));
        let mut zips = assemble(run, &plan, ArchiveKind::Data, &mut tally, &mut progress).await?;
        zips.append(&mut assemble(run, &plan, ArchiveKind::Attachments, &mut tally, &mut progress).await?);
        tally.keep(run, &plan).await?;
        let (zips, stated): (Vec<ArchiveFile>, Vec<StatedZip>) = zips.into_iter().unzip();
        run.list_zips(&stated).await?;
        run.write(&run.archives_at(), &zips).await?;
    }
    Ok(Value::Null)
}

async fn assemble(
    run: &Run<'_>,
    plan: &RunPlan,
    kind: ArchiveKind,
    tally: &mut Tally,
    progress: &mut AssemblyProgress<'_>,
) -> Result<Vec<FinishedZip>, TaskErrorKind> {
    let written = match part_sizes(run, plan, kind).await {
        Ok(sizes) => write_all(run, plan, kind, &sizes, (tally, progress)).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(zips) => Ok(zips),
        Err(error) => Err(explained(run, plan, kind, error).await),
    }
}

async fn write_all(
    run: &Run<'_>,
    plan: &RunPlan,
    kind: ArchiveKind,
    sizes: &[u64],
    told: (&mut Tally, &mut AssemblyProgress<'_>),
) -> Result<Vec<FinishedZip>, TaskErrorKind> {
    let manifest = manifest(run, plan, kind, sizes.len());
    let mut zip = ZipWriter::begin(run, plan.organisation.archive, &manifest, 1).await?;
    let written = write(run, plan, &manifest, sizes, &mut zip, told).await;
    if let Err(error) = &written {
        zip.abort(error).await;
    }
    written
}

/// Adds all entries, starting another zip when one is full. Every zip contains all field documents, so that each can
/// be read alone. In Zoho's layout the first one has the documents, and the last one the index of attachments.
async fn write<'a>(
    run: &'a Run<'a>,
    plan: &'a RunPlan,
    manifest: &Manifest,
    sizes: &[u64],
    zip: &mut ZipWriter<'a>,
    (tally, progress): (&mut Tally, &mut AssemblyProgress<'_>),
) -> Result<Vec<FinishedZip>, TaskErrorKind> {
    let mut units: Units<'a> = units(run, plan, manifest.kind);
    let is_of_zoho = plan.organisation.archive.layout == ArchiveLayout::Zoho;
    let mut documents = match manifest.kind {
        ArchiveKind::Data if is_of_zoho => zoho::documents(run, plan).await?,
        ArchiveKind::Data => documents(plan)?,
        ArchiveKind::Attachments => Vec::new(),
    };
    let mut zips = Vec::new();
    for (at, entries) in sizes.iter().enumerate() {
        if at > 0 {
            *zip = ZipWriter::begin(run, plan.organisation.archive, manifest, at + 1).await?;
        }
        for _ in 0..*entries {
            let Some(unit) = units.try_next().await? else { break };
            let record = zip.add(&unit).await?;
            progress.add(&unit).await?;
            tally.add(&unit, record);
        }
        if is_of_zoho && manifest.kind == ArchiveKind::Data && at + 1 == sizes.len() {
            zoho_index::write(run, plan, zip).await?;
        }
        let (file, manifest_sha256) = zip.finish(&documents).await?;
        let stated = StatedZip::of(&file, manifest_sha256);
        zips.push((file, stated));
        if is_of_zoho {
            documents.clear();
        }
    }
    progress.end().await?;
    Ok(zips)
}

/// Returns the number of entries in each zip. It is computed in advance, because every manifest states the number of
/// zips.
async fn part_sizes(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind) -> Result<Vec<u64>, TaskErrorKind> {
    let Some(most) = plan.max_zip_bytes else { return Ok(vec![u64::MAX]) };
    let mut units = units(run, plan, kind);
    let own_bytes = OWN_BYTES + index_bytes(plan, kind);
    let (mut sizes, mut count, mut bytes) = (Vec::new(), 0, own_bytes);
    while let Some(unit) = units.try_next().await? {
        let more = zip_bytes(&unit);
        if count > 0 && bytes + more > most {
            sizes.push(count);
            (count, bytes) = (0, own_bytes);
        }
        count += 1;
        bytes += more;
    }
    sizes.push(count);
    Ok(sizes)
}

/// Upper bound for the index of attachments in Zoho's layout, which is in the last data zip.
fn index_bytes(plan: &RunPlan, kind: ArchiveKind) -> u64 {
    match (kind, plan.organisation.archive.layout) {
        (ArchiveKind::Data, ArchiveLayout::Zoho) => plan.modules.iter().map(|module| module.attachments * INDEX_ROW_BYTES).sum(),
        _ => 0,
    }
}

/// Upper bound for the growth of a zip by an entry, and by its records in the directory, the index and the manifest.
fn zip_bytes(unit: &Unit) -> u64 {
    let more = match &unit.content {
        UnitContent::Csv { csv, .. } => RANGE_BYTES * csv.ranges.len(),
        UnitContent::PackedCsv { .. } => 0,
        UnitContent::File(file) => {
            let attachment = &file.file.attachment;
            let names = [&attachment.record_id, &attachment.record_name, &attachment.id, &attachment.name];
            2 * names.iter().map(|name| name.len()).sum::<usize>()
        }
    };
    unit.compressed() + (RECORD_BYTES + 4 * unit.path().len() + 2 * unit.module.len() + more) as u64
}
