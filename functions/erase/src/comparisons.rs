//! Contents documents of backups name some records that differ from the previous backup. The erased ones among them are left out.

use hozon_shared::archive::contents::{BackupContents, PREFIX};
use hozon_shared::domain::comparison::Comparison;
use hozon_shared::domain::id::BackupId;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PortError, read_all};
use hozon_shared::snapshots::erase::WantedRecords;

use crate::job::Job;

/// Leaves the records out of all documents.
pub async fn leave_out(job: &Job<'_>, records: &WantedRecords) -> Result<(), PortError> {
    let prefix = format!("{PREFIX}{}/", job.org);
    for key in job.ports.objects.list(Bucket::Archives, &prefix).await? {
        let name = key.strip_prefix(&prefix).and_then(|name| name.strip_suffix(".json"));
        if name.is_none_or(|name| name.parse::<BackupId>().is_err()) {
            continue;
        }
        let at = ObjectRef::archives(&key);
        let json = match read_all(&*job.ports.objects, &at).await {
            // It has expired meanwhile.
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            other => other?,
        };
        if let Some(changed) = without(&json, records)? {
            job.ports.objects.put(&at, changed.into(), "application/json").await?;
        }
    }
    job.ports.versions.forget_earlier(Bucket::Archives, &prefix).await.map(drop)
}

/// Returns the document without the records; `None` if it names none of them.
fn without(json: &[u8], records: &WantedRecords) -> Result<Option<Vec<u8>>, PortError> {
    let corrupt = |error| PortError::with(ErrorKind::Corrupt, "read the contents of a backup", error);
    let mut contents: BackupContents = serde_json::from_slice(json).map_err(corrupt)?;
    let Some(Comparison::Compared(differences)) = &mut contents.changes else { return Ok(None) };
    let mut is_changed = false;
    for module in &mut differences.modules {
        for ids in [&mut module.examples.added, &mut module.examples.changed, &mut module.examples.deleted] {
            let before = ids.len();
            ids.retain(|id| !records.has(&module.api_name, id));
            is_changed |= ids.len() != before;
        }
    }
    if !is_changed {
        return Ok(None);
    }
    serde_json::to_vec(&contents).map(Some).map_err(corrupt)
}
