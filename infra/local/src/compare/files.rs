//! Compares attachments: those of a record with the same name are the same file, and differ if their SHA-256 differs.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::io::AsyncReadExt;

use super::difference::{BackupDifference, RecordEdit};
use super::error::CompareError;
use hozon_files::PlannedFile;

const CHUNK: usize = 256 << 10;

/// Digests of the files that have a record and a name: those of the earlier backup, and of the later one.
type Digests = [Vec<String>; 2];

/// Compares the attachments of a module.
pub async fn compare_files(
    files: [Vec<PlannedFile>; 2],
    take: &mut dyn FnMut(BackupDifference) -> Result<(), CompareError>,
) -> Result<(), CompareError> {
    let mut all: BTreeMap<(String, String), Digests> = BTreeMap::new();
    for (side, files) in files.into_iter().enumerate() {
        for file in files {
            let digest = digest(&file).await?;
            let place = (file.attachment.record_id, file.attachment.name);
            all.entry(place).or_default()[side].push(digest);
        }
    }
    for ((record, name), digests) in all {
        compare_named(record, name, digests, take)?;
    }
    Ok(())
}

/// Reports how the files with one name differ.
fn compare_named(
    record: String,
    name: String,
    [mut before, mut after]: Digests,
    take: &mut dyn FnMut(BackupDifference) -> Result<(), CompareError>,
) -> Result<(), CompareError> {
    before.retain(|digest| match after.iter().position(|other| other == digest) {
        Some(same) => {
            after.remove(same);
            false
        }
        None => true,
    });
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    loop {
        let (was, is) = (before.next(), after.next());
        let edit = match (&was, &is) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => RecordEdit::Changed,
            (Some(_), None) => RecordEdit::Deleted,
            (None, Some(_)) => RecordEdit::Added,
        };
        take(BackupDifference::File { record: record.clone(), name: name.clone(), edit, before: was, after: is })?;
    }
}

/// Returns the SHA-256 of a file: as the backup's index states it, or else of its contents.
async fn digest(planned: &PlannedFile) -> Result<String, CompareError> {
    if let Some(stated) = &planned.sha256 {
        return Ok(stated.clone());
    }
    let mut reader = planned.file.open().await?;
    let (mut context, mut chunk) = (Context::new(&SHA256), vec![0; CHUNK]);
    loop {
        let read = reader.read(&mut chunk).await.map_err(|source| planned.file.unreadable(source))?;
        if read == 0 {
            return Ok(hex::encode(context.finish()));
        }
        context.update(&chunk[..read]);
    }
}
