//! Lists the attachments that differ between two versions of a module, page by page in the order of their ids. Memory is bounded:
//! each page reads the lists of all packs that only one version has, and keeps the attachments that come first behind its place.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;

use super::file_differences::{file_lists, without_packs_of};
use super::single_file::FoundFile;
use crate::domain::differences::DifferenceKind;
use crate::domain::id::OrgId;
use crate::domain::snapshot::FileRun;
use crate::ports::{Objects, PortError};

/// Number of attachments that are kept in memory.
const MAX_KEPT: usize = 20_000;

/// An attachment that differs.
#[derive(Debug)]
pub struct FileDifference {
    pub kind: DifferenceKind,
    /// The attachment in the first snapshot; `None` if it was added.
    pub before: Option<FoundFile>,
    /// The attachment in the second snapshot; `None` if it was deleted.
    pub after: Option<FoundFile>,
}

/// A page of the attachments that differ.
#[derive(Debug)]
pub struct FileDifferencePage {
    /// In the order of their ids. May be empty although there are more.
    pub files: Vec<FileDifference>,
    /// Id behind which the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Lists up to `limit` attachments with ids behind `behind` that were added, changed (another record, name or content) or deleted.
pub async fn differing_files(
    stores: (&dyn Objects, OrgId),
    versions: [&[FileRun]; 2],
    behind: Option<&str>,
    limit: usize,
) -> Result<FileDifferencePage, PortError> {
    differing_files_of(stores, versions, (behind, limit), MAX_KEPT).await
}

/// [`differing_files`] with another number of attachments in memory.
pub(super) async fn differing_files_of(
    (objects, org): (&dyn Objects, OrgId),
    [before, after]: [&[FileRun]; 2],
    (behind, limit): (Option<&str>, usize),
    max_kept: usize,
) -> Result<FileDifferencePage, PortError> {
    let mut window = Window { max_kept, behind: behind.map(place_of), files: BTreeMap::new(), has_more: false };
    for (side, runs) in [without_packs_of(before, after), without_packs_of(after, before)].into_iter().enumerate() {
        let mut lists = file_lists((objects, org), &runs);
        while let Some(list) = lists.try_next().await? {
            list.into_iter().for_each(|file| window.take(side, file));
        }
    }
    Ok(window.page(limit))
}

/// Place of an id in the order of ids: numbers without leading zeros are in the order of their values.
fn place_of(id: &str) -> (usize, String) {
    (id.len(), id.to_owned())
}

/// The first attachments behind a place, as both versions have them.
struct Window {
    /// Number of attachments that are kept.
    max_kept: usize,
    behind: Option<(usize, String)>,
    files: BTreeMap<(usize, String), [Option<FoundFile>; 2]>,
    /// Whether others come behind them.
    has_more: bool,
}

impl Window {
    fn take(&mut self, side: usize, file: FoundFile) {
        let place = place_of(&file.file.attachment.id);
        if self.behind.as_ref().is_some_and(|behind| place <= *behind) {
            return;
        }
        self.files.entry(place).or_default()[side] = Some(file);
        if self.files.len() > self.max_kept {
            self.files.pop_last();
            self.has_more = true;
        }
    }

    fn page(self, limit: usize) -> FileDifferencePage {
        let (mut files, mut last, mut last_kept) = (Vec::new(), None, None);
        for ((_, id), [before, after]) in self.files {
            last_kept = Some(id.clone());
            let Some(kind) = kind_of(before.as_ref(), after.as_ref()) else { continue };
            if files.len() == limit {
                return FileDifferencePage { files, next: last };
            }
            last = Some(id);
            files.push(FileDifference { kind, before, after });
        }
        FileDifferencePage { files, next: last_kept.filter(|_| self.has_more) }
    }
}

fn kind_of(before: Option<&FoundFile>, after: Option<&FoundFile>) -> Option<DifferenceKind> {
    let compared = |FoundFile { file, .. }: &FoundFile| {
        (file.attachment.record_id.clone(), file.attachment.name.clone(), file.sha256.clone())
    };
    match (before, after) {
        (Some(before), Some(after)) => (compared(before) != compared(after)).then_some(DifferenceKind::Changed),
        (Some(_), None) => Some(DifferenceKind::Deleted),
        (None, after) => after.map(|_| DifferenceKind::Added),
    }
}
