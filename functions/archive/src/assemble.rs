//! The task `assemble`: composes each zip from its segments inside the store, and adds the directory and the entries
//! that depend on the whole zip (field metadata, index, manifest). Segments are processed one after the other, so
//! memory use does not grow with their number.

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use hozon_shared::archive::manifest::Manifest;
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind};
use hozon_shared::ports::ObjectRef;
use serde_json::Value;

use crate::contents::Tally;
use crate::documents::{field_documents, manifest};
use crate::pack_files::attachment_missing;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::{RunPlan, Segment, SegmentEntry};
use crate::zip_writer::ZipWriter;

/// Number of entry lists that are read ahead.
const READ_AHEAD: usize = 8;
/// Space in a zip for field documents and the end records.
const OWN_BYTES: u64 = 1 << 20;
/// Space for the records of an entry apart from names: 74 bytes in the directory, two hexadecimal SHA-256 digests,
/// sizes, times and punctuation.
const RECORD_BYTES: usize = 400;

pub async fn run(run: &Run<'_>) -> Result<Value, TaskErrorKind> {
    if run.read::<Vec<ArchiveFile>>(&run.archives_at()).await?.is_none() {
        let plan: RunPlan = run.read_required(&run.plan_at()).await?;
        let mut tally = Tally::new(&plan);
        let mut zips = assemble(run, &plan, ArchiveKind::Data, &mut tally).await?;
        zips.append(&mut assemble(run, &plan, ArchiveKind::Attachments, &mut tally).await?);
        tally.keep(run, &plan).await?;
        run.write(&run.archives_at(), &zips).await?;
    }
    Ok(Value::Null)
}

async fn assemble(
    run: &Run<'_>,
    plan: &RunPlan,
    kind: ArchiveKind,
    tally: &mut Tally,
) -> Result<Vec<ArchiveFile>, TaskErrorKind> {
    let sizes = part_sizes(run, plan, kind).await?;
    let manifest = manifest(run, plan, kind, sizes.len());
    let mut zip = ZipWriter::begin(run, plan.organisation.archive.csv, &manifest, 1).await?;
    match write(run, plan, &manifest, &sizes, &mut zip, tally).await {
        Ok(zips) => Ok(zips),
        Err(error) => {
            zip.abort(&error).await;
            Err(explained(run, plan, kind, error).await)
        }
    }
}

/// Names the attachment or the segment at fault, if there is one. The first error stays where the search fails, too.
async fn explained(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind, first: TaskErrorKind) -> TaskErrorKind {
    let found = match &first {
        error if error.is_missing_data() => missing_attachment(run, plan, kind).await,
        error if error.is_damage() || error.is_refused_range() => damaged_segment(run, plan, kind).await,
        _ => Ok(None),
    };
    match found {
        Ok(named) => named.unwrap_or(first),
        Err(error) => {
            let (code, cause, failure) = (error.code(), error.cause(), first.code());
            tracing::warn!(
                run.id = run.backup.0,
                failure,
                task.error = code,
                cause,
                "the object at fault could not be looked for"
            );
            first
        }
    }
}

/// Returns an error that names an attachment whose file the source has lost since `pack`, if that caused the failure.
async fn missing_attachment(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind) -> Result<Option<TaskErrorKind>, TaskErrorKind> {
    for number in plan.items_of(kind) {
        let segment = segment(run, number).await?;
        let (Some(tail), [entry]) = (&segment.tail, segment.entries.as_slice()) else { continue };
        if let Some(attachment) = &entry.attachment
            && run.ports.objects.head(&tail.from).await?.is_none()
        {
            return Ok(Some(attachment_missing(&entry.module, attachment)));
        }
    }
    Ok(None)
}

/// Returns an error that names a file whose segment was damaged, if that caused the failure. The segment is deleted, so
/// that the next run creates it again.
async fn damaged_segment(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind) -> Result<Option<TaskErrorKind>, TaskErrorKind> {
    let mut found = None;
    for number in plan.items_of(kind) {
        let segment = segment(run, number).await?;
        if run.is_sound(&segment).await? {
            continue;
        }
        tracing::warn!(run.id = run.backup.0, segment.key, "deleted a damaged segment");
        run.forget_segment(&ObjectRef::archives(&segment.key)).await?;
        let file = segment.entries.first().map_or_else(String::new, |entry| entry.entry.name.clone());
        found.get_or_insert(TaskErrorKind::SegmentDamaged { file });
    }
    Ok(found)
}

/// Adds all segments, starting another zip when one is full. Every zip contains all field documents, so that each can
/// be read alone.
async fn write<'a>(
    run: &'a Run<'a>,
    plan: &RunPlan,
    manifest: &Manifest,
    sizes: &[u64],
    zip: &mut ZipWriter<'a>,
    tally: &mut Tally,
) -> Result<Vec<ArchiveFile>, TaskErrorKind> {
    let reads = stream::iter(plan.items_of(manifest.kind)).map(|number| segment(run, number).boxed());
    let mut segments = reads.buffered(READ_AHEAD);
    let documents = if manifest.kind == ArchiveKind::Data { field_documents(plan)? } else { Vec::new() };
    let mut zips = Vec::new();
    for (at, segments_of_zip) in sizes.iter().enumerate() {
        if at > 0 {
            *zip = ZipWriter::begin(run, plan.organisation.archive.csv, manifest, at + 1).await?;
        }
        for _ in 0..*segments_of_zip {
            let Some(segment) = segments.try_next().await? else { break };
            zip.segment(&segment).await?;
            tally.add(&segment);
        }
        zips.push(zip.finish(&documents).await?);
    }
    Ok(zips)
}

/// Returns the number of segments in each zip. It is computed in advance, because every manifest states the number of
/// zips.
async fn part_sizes(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind) -> Result<Vec<u64>, TaskErrorKind> {
    let items = plan.items_of(kind);
    // Plans written by older versions do not contain the limit.
    let Some(most) = plan.max_zip_bytes.or_else(|| run.settings.max_zip_bytes(&plan.organisation.archive, 0)) else {
        return Ok(vec![items.end - items.start]);
    };
    let reads = stream::iter(items).map(|number| segment(run, number).boxed());
    let mut segments = reads.buffered(READ_AHEAD);
    let (mut sizes, mut count, mut bytes) = (Vec::new(), 0, OWN_BYTES);
    while let Some(segment) = segments.try_next().await? {
        let more = zip_bytes(&segment);
        if count > 0 && bytes + more > most {
            sizes.push(count);
            (count, bytes) = (0, OWN_BYTES);
        }
        count += 1;
        bytes += more;
    }
    sizes.push(count);
    Ok(sizes)
}

/// Upper bound for the growth of a zip by a segment: its entries, and their records in the directory, the index and the
/// manifest.
fn zip_bytes(segment: &Segment) -> u64 {
    let record = |entry: &SegmentEntry| {
        let index = entry.attachment.as_ref().map_or(0, |attachment| {
            attachment.record_id.len() + attachment.record_name.len() + attachment.id.len() + attachment.name.len()
        });
        (RECORD_BYTES + 3 * entry.entry.name.len() + 2 * entry.module.len() + 2 * index) as u64
    };
    segment.zip_bytes() + segment.entries.iter().map(record).sum::<u64>()
}

async fn segment(run: &Run<'_>, number: u64) -> Result<Segment, TaskErrorKind> {
    run.read_required(&run.entries_at(number)).await
}
