//! Names the file at fault after zips could not be composed.

use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::snapshot::FileRun;
use hozon_shared::ports::{ErrorKind, ObjectBody, ObjectRef};
use hozon_shared::snapshots::reader::stored_module;
use hozon_shared::snapshots::stores::stored_object;

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::units::{UnitContent, units};
use crate::work::RunPlan;

/// How an object is found.
enum Condition {
    Sound,
    Missing,
    Damaged,
}

/// Names the file at fault, if there is one. The first error stays where the search fails, too.
pub async fn explained(run: &Run<'_>, plan: &RunPlan, kind: ArchiveKind, first: TaskErrorKind) -> TaskErrorKind {
    if !(first.is_missing_data() || first.is_damage() || first.is_refused_range()) {
        return first;
    }
    let found = match kind {
        ArchiveKind::Data => match fault_of_rows(run, plan).await {
            // In Zoho's layout, the images of records are in these zips, too.
            Ok(None) if plan.organisation.archive.layout == ArchiveLayout::Zoho => fault_of_files(run, plan).await,
            found => found,
        },
        ArchiveKind::Attachments => fault_of_files(run, plan).await,
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

/// Looks for a CSV file of which an object is missing or damaged.
async fn fault_of_rows(run: &Run<'_>, plan: &RunPlan) -> Result<Option<TaskErrorKind>, TaskErrorKind> {
    let mut units = units(run, plan, ArchiveKind::Data);
    while let Some(unit) = units.try_next().await? {
        let (module, file) = (unit.module.clone(), unit.path().to_owned());
        for (at, size, sum) in objects_of(run, &unit.content) {
            match condition(run, &at, size, sum).await? {
                Condition::Sound => {}
                Condition::Missing => return Ok(Some(TaskErrorKind::StoredMissing { module, file })),
                Condition::Damaged => return Ok(Some(TaskErrorKind::StoredDamaged { module, file })),
            }
        }
    }
    Ok(None)
}

/// Lists the objects of a CSV file with their sizes, and the checksums of what is copied of them.
fn objects_of(run: &Run<'_>, content: &UnitContent) -> Vec<(ObjectRef, u64, Checksum)> {
    match content {
        UnitContent::Csv { blocks, .. } => {
            let sums = blocks.iter().map(|block| (block, Checksum { size: block.bytes, crc32: block.stored_crc32 }));
            sums.map(|(block, sum)| (stored_object(run.org, &block.object), block.bytes + block.index_bytes, sum)).collect()
        }
        UnitContent::PackedCsv { item, packed, .. } => vec![(run.packed_at(*item), packed.sum.size, packed.sum)],
        UnitContent::File(_) => Vec::new(),
    }
}

/// Looks for attachments whose object is missing or damaged. The list of a pack lies in the object, and is not needed.
async fn fault_of_files(run: &Run<'_>, plan: &RunPlan) -> Result<Option<TaskErrorKind>, TaskErrorKind> {
    for module in plan.modules.iter().filter(|module| module.contents == DataCategory::Crm && module.attachments > 0) {
        for file_run in stored_module(&*run.ports.objects, run.org, module).await?.files {
            let sum = sum_of(&file_run);
            match condition(run, &stored_object(run.org, file_run.object()), sum.size, sum).await? {
                Condition::Sound => {}
                Condition::Missing => return Ok(Some(missing(module, &file_run))),
                Condition::Damaged => {
                    let (module, (_, file)) = (module.api_name.clone(), first_of(&file_run));
                    return Ok(Some(TaskErrorKind::StoredDamaged { module, file }));
                }
            }
        }
    }
    Ok(None)
}

fn sum_of(run: &FileRun) -> Checksum {
    match run {
        FileRun::Pack(pack) => Checksum { size: pack.bytes + pack.list_bytes, crc32: pack.stored_crc32 },
        FileRun::Large(large) => Checksum { size: large.file.entry.compressed, crc32: large.file.stored_crc32 },
    }
}

fn missing(module: &Module, run: &FileRun) -> TaskErrorKind {
    let (record, file) = first_of(run);
    TaskErrorKind::AttachmentMissing { module: module.api_name.clone(), record, file }
}

/// Record and name of the first attachment.
fn first_of(run: &FileRun) -> (String, String) {
    match run {
        FileRun::Pack(pack) => pack.first.clone(),
        FileRun::Large(large) => (large.file.attachment.record_id.clone(), large.file.attachment.name.clone()),
    }
}

/// Compares an object with its size, and its beginning with a checksum. What is damaged is deleted, so that the next capture
/// stores it anew.
async fn condition(run: &Run<'_>, at: &ObjectRef, size: u64, sum: Checksum) -> Result<Condition, TaskErrorKind> {
    let Some(head) = run.ports.objects.head(at).await? else { return Ok(Condition::Missing) };
    if head.size == size && beginning(run, at, sum.size).await? == Some(sum) {
        return Ok(Condition::Sound);
    }
    tracing::warn!(run.id = run.backup.0, object.key = at.key, "deleted a damaged object");
    run.ports.objects.delete(at).await?;
    Ok(Condition::Damaged)
}

/// Returns the checksum of an object's first `size` bytes; `None` if they cannot be read.
async fn beginning(run: &Run<'_>, at: &ObjectRef, size: u64) -> Result<Option<Checksum>, TaskErrorKind> {
    match run.ports.objects.get(at, Some(0..size)).await {
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => Ok(None),
        opened => measure(opened?).await,
    }
}

async fn measure(mut body: ObjectBody) -> Result<Option<Checksum>, TaskErrorKind> {
    let (mut size, mut crc) = (0, crc32fast::Hasher::new());
    while let Some(chunk) = body.next().await {
        match chunk {
            Err(error) if error.kind == ErrorKind::Corrupt => return Ok(None),
            chunk => {
                let chunk = chunk?;
                size += chunk.len() as u64;
                crc.update(&chunk);
            }
        }
    }
    Ok(Some(Checksum { size, crc32: crc.finalize() }))
}
