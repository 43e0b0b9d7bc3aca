//! What differs between two backups of the sample's history. The records of that time do not exist, so that only their numbers are
//! compared; some are taken to be changed.

use hozon_shared::archive::contents::ModuleContents;
use hozon_shared::domain::comparison::{Comparison, NotCompared};
use hozon_shared::domain::differences::{Counted, DifferenceExamples, Differences, ModuleDifferences, ModuleState};
use hozon_shared::domain::id::BackupId;

/// One record of so many is changed between two backups.
const ONE_CHANGED_OF: u64 = 40;

/// Compares the modules with those of the previous backup.
pub fn compared(before: Option<&(BackupId, Vec<ModuleContents>)>, after: &[ModuleContents]) -> Comparison {
    let Some((since, before)) = before else { return Comparison::NotCompared { reason: NotCompared::First } };
    let modules = after.iter().zip(before).map(|(after, before)| module(before, after)).collect();
    Comparison::Compared(Differences::new(*since, modules))
}

fn module(before: &ModuleContents, after: &ModuleContents) -> ModuleDifferences {
    let rows = counted(before.rows, after.rows, after.rows / ONE_CHANGED_OF);
    let files = counted(before.attachments, after.attachments, 0);
    let state = if rows.differing() + files.differing() == 0 { ModuleState::Same } else { ModuleState::Changed };
    let (api_name, label) = (after.api_name.clone(), after.label.clone());
    ModuleDifferences { api_name, label, state, partly: None, rows, files, examples: DifferenceExamples::default() }
}

fn counted(before: u64, after: u64, changed: u64) -> Counted {
    Counted { before, after, added: after.saturating_sub(before), changed, deleted: before.saturating_sub(after) }
}
