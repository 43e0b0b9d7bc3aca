//! Compares the attachments of two versions of a module. Packs that both have are not read. Memory is bounded: where there are
//! many attachments in the others, their lists are read several times, for a part of the attachments each.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use super::reader::files;
use super::single_file::FoundFile;
use crate::domain::differences::Counted;
use crate::domain::id::OrgId;
use crate::domain::snapshot::FileRun;
use crate::ports::{Objects, PortError};

/// Number of attachments that are compared at a time: 16 bytes each.
const AT_ONCE: u64 = 2_000_000;
/// Number of lists that are read at a time.
const LISTS_AT_ONCE: usize = 8;

/// Hashes of an attachment's id, and of what is compared. 64 bits: one of a million attachments is mistaken for another one
/// in a comparison among many millions.
type HashedFile = (u64, u64);

/// Counts the attachments that were added, changed (another record, name or content) and deleted.
pub(super) async fn file_differences(
    stores: (&dyn Objects, OrgId),
    before: &[FileRun],
    after: &[FileRun],
) -> Result<Counted, PortError> {
    let sum = |runs: &[FileRun]| runs.iter().map(FileRun::count).sum::<u64>();
    let mut counted = Counted { before: sum(before), after: sum(after), ..Counted::default() };
    let (old, new) = (without_packs_of(before, after), without_packs_of(after, before));
    let number = old.iter().chain(&new).map(|run| run.count()).sum::<u64>();
    let parts = number.div_ceil(AT_ONCE);
    for part in 0..parts {
        let old = hashed(stores, &old, (part, parts)).await?;
        let new = hashed(stores, &new, (part, parts)).await?;
        count(&old, &new, &mut counted);
    }
    Ok(counted)
}

/// Returns the runs without the packs that the others have too. No pack is there twice, because no attachment is.
pub(super) fn without_packs_of<'a>(runs: &'a [FileRun], others: &[FileRun]) -> Vec<&'a FileRun> {
    let packs = others.iter().filter(|run| matches!(run, FileRun::Pack(_)));
    let packs: HashSet<&str> = packs.map(FileRun::object).collect();
    runs.iter().filter(|run| !packs.contains(run.object())).collect()
}

/// Reads the lists of attachments of runs, several at a time.
pub(super) fn file_lists<'a>(
    (objects, org): (&'a dyn Objects, OrgId),
    runs: &[&FileRun],
) -> BoxStream<'a, Result<Vec<FoundFile>, PortError>> {
    let runs: Vec<Arc<FileRun>> = runs.iter().map(|run| Arc::new((*run).clone())).collect();
    let read = move |run: Arc<FileRun>| async move {
        let found = files(objects, org, &run).await?.into_iter().map(|file| FoundFile::new(run.clone(), file));
        Ok::<Vec<FoundFile>, PortError>(found.collect())
    };
    stream::iter(runs).map(read).buffered(LISTS_AT_ONCE).boxed()
}

/// Reads the attachments of a part, in order.
async fn hashed(
    stores: (&dyn Objects, OrgId),
    runs: &[&FileRun],
    (part, parts): (u64, u64),
) -> Result<Vec<HashedFile>, PortError> {
    let mut hashed = Vec::new();
    let mut lists = file_lists(stores, runs);
    while let Some(list) = lists.try_next().await? {
        hashed.extend(list.iter().map(hash_file).filter(|(id, _)| id % parts == part));
    }
    hashed.sort_unstable();
    Ok(hashed)
}

fn hash_file(FoundFile { file, .. }: &FoundFile) -> HashedFile {
    let attachment = &file.attachment;
    (hash(&[&attachment.id]), hash(&[&attachment.record_id, &attachment.name, &file.sha256]))
}

fn hash(texts: &[&str]) -> u64 {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text);
    }
    let digest = sha.finalize();
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

fn count(before: &[HashedFile], after: &[HashedFile], counted: &mut Counted) {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => old.0.cmp(&new.0),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        match order {
            Ordering::Less => counted.deleted += u64::from(old.next().is_some()),
            Ordering::Greater => counted.added += u64::from(new.next().is_some()),
            Ordering::Equal => counted.changed += u64::from(old.next() != new.next()),
        }
    }
}
