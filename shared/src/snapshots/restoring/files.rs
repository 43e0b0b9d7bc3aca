//! What a restore does with the attached files of a module: the files that differ between the CRM as it was when the restore was planned
//! and the snapshot that it brings back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ModulePair;
use crate::domain::restore::{FilePlanCounts, ModuleRule, PlannedAction, PlannedReason};
use crate::ports::PortError;
use crate::snapshots::file_pages::{FileDifference, differing_files};
use crate::snapshots::single_file::FoundFile;

/// Number of files that are counted between two looks at the clock.
const COUNTED_AT_ONCE: usize = 5_000;

/// Which files are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConcernedFiles {
    All,
    /// Those of the records with these ids.
    OfRecords(Arc<BTreeSet<String>>),
    /// Those with these ids.
    Written(Arc<BTreeSet<String>>),
}

/// Says of a record, by its id as text, whether it was erased.
pub type IsErasedRecord = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Which files of a module are concerned, and what is done with them.
#[derive(Clone)]
pub struct FileRule {
    pub rule: ModuleRule,
    pub concerned: ConcernedFiles,
    /// Says whose files are barred from being written; `None` if no record was erased.
    pub is_erased: Option<IsErasedRecord>,
}

/// A file with what a restore does with it.
#[derive(Debug, Clone)]
pub struct PlannedAttachment {
    pub action: PlannedAction,
    pub reason: Option<PlannedReason>,
    /// SHA-256 of the file in the CRM; `None` if it was not there.
    pub seen: Option<String>,
    pub wanted: FoundFile,
}

/// Some of the files that are concerned.
#[derive(Debug)]
pub struct PlannedAttachments {
    /// In the order of their ids. May be empty although there are more.
    pub files: Vec<PlannedAttachment>,
    /// Id behind which others follow; `None` if there are no more.
    pub next: Option<String>,
}

impl FileRule {
    fn decide(&self, FileDifference { kind, before, after }: FileDifference) -> Option<PlannedAttachment> {
        let wanted = after?;
        let attachment = &wanted.file.attachment;
        let is_concerned = match &self.concerned {
            ConcernedFiles::All => true,
            ConcernedFiles::OfRecords(records) => records.contains(&attachment.record_id),
            ConcernedFiles::Written(files) => files.contains(&attachment.id),
        };
        let is_erased = || self.is_erased.as_ref().is_some_and(|is_erased| is_erased(&attachment.record_id));
        let (action, reason) = if is_concerned { self.rule.decide_file(kind, is_erased())? } else { return None };
        Some(PlannedAttachment { action, reason, seen: before.map(|found| found.file.sha256), wanted })
    }
}

impl ModulePair {
    /// Whether the wanted module has files.
    pub fn has_files(&self) -> bool {
        !self.wanted.files.is_empty()
    }

    /// Reads the planned files behind the one with that id, among `limit` that differ.
    pub async fn files(&self, rule: &FileRule, behind: Option<&str>, limit: usize) -> Result<PlannedAttachments, PortError> {
        let now = self.now.as_ref().map_or(&[][..], |stored| &stored.files);
        let page = differing_files((&*self.objects, self.org), [now, &self.wanted.files], behind, limit).await?;
        let files = page.files.into_iter().filter_map(|difference| rule.decide(difference)).collect();
        Ok(PlannedAttachments { files, next: page.next })
    }

    /// Counts the files behind the one with that id, until there are no more or time is over. Returns the id behind which others follow.
    pub async fn count_files(
        &self,
        rule: &FileRule,
        mut behind: Option<String>,
        counts: &mut FilePlanCounts,
        is_over: impl Fn() -> bool,
    ) -> Result<Option<String>, PortError> {
        loop {
            let page = self.files(rule, behind.as_deref(), COUNTED_AT_ONCE).await?;
            page.files.iter().for_each(|file| counts.count(file.action, file.wanted.file.attachment.size));
            behind = page.next;
            if behind.is_none() || is_over() {
                return Ok(behind);
            }
        }
    }
}
