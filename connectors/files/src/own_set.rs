//! Checks that the zips of a backup are complete, belong to one backup, and appear once. `import` and `verify` share
//! these checks.

use std::collections::BTreeMap;

use hozon_shared::domain::backup::ArchiveKind;
use hozon_shared::domain::id::BackupId;

/// Position of a zip in its backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Name in messages.
    pub name: String,
    pub backup: BackupId,
    pub kind: ArchiveKind,
    /// Number of the zip; `None` if an older version made it.
    pub part: Option<u32>,
    /// Number of zips of this kind.
    pub parts: Option<u32>,
}

/// The defect of a set of zips.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetFault {
    /// The zips belong to different backups.
    #[error("{first} and {second} belong to different backups; import one after the other")]
    MixedBackups { first: String, second: String },
    /// A part is missing.
    #[error("{missing} of this backup is missing (it has {parts} such zips); {name} alone is not the whole")]
    MissingPart {
        /// File name of the missing zip.
        missing: String,
        /// Number of zips of its kind.
        parts: u32,
        /// An existing part.
        name: String,
    },
}

/// Rejects zips of more than one backup.
pub fn check_one_backup(members: &[Member]) -> Result<(), SetFault> {
    let Some(first) = members.first() else { return Ok(()) };
    match members.iter().find(|member| member.backup != first.backup) {
        Some(second) => Err(SetFault::MixedBackups { first: first.name.clone(), second: second.name.clone() }),
        None => Ok(()),
    }
}

/// Rejects a set with missing parts. A kind without any part is not required.
pub fn check_complete(members: &[Member]) -> Result<(), SetFault> {
    let mut kinds: BTreeMap<(BackupId, bool), Vec<&Member>> = BTreeMap::new();
    for member in members {
        kinds.entry((member.backup, member.kind == ArchiveKind::Data)).or_default().push(member);
    }
    for of_kind in kinds.values() {
        let parts = of_kind.iter().filter_map(|member| member.parts).max().unwrap_or(0);
        let is_there = |number: &u32| of_kind.iter().any(|member| member.part == Some(*number));
        if let Some(number) = (1..=parts).find(|number| !is_there(number)) {
            let (name, kind) = (of_kind[0].name.clone(), of_kind[0].kind);
            return Err(SetFault::MissingPart { missing: file_name(kind, number), parts, name });
        }
    }
    Ok(())
}

fn file_name(kind: ArchiveKind, number: u32) -> String {
    match kind {
        ArchiveKind::Data => format!("Data_{number:03}.zip"),
        ArchiveKind::Attachments => format!("Attachments_{number:03}.zip"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(backup: u64, kind: ArchiveKind, part: u32, parts: u32) -> Member {
        let name = format!("{backup}/{part}");
        Member { name, backup: BackupId(backup), kind, part: Some(part), parts: Some(parts) }
    }

    #[test]
    fn a_set_without_one_of_its_parts_is_not_complete() {
        use ArchiveKind::{Attachments, Data};
        let whole = [member(1, Data, 2, 2), member(1, Data, 1, 2), member(1, Attachments, 1, 1)];
        assert_eq!(check_complete(&whole), Ok(()));
        assert_eq!(
            check_complete(&whole[1..2]),
            Err(SetFault::MissingPart { missing: "Data_002.zip".into(), parts: 2, name: "1/1".into() })
        );
        let first_missing = [member(1, Attachments, 2, 2)];
        assert!(
            matches!(check_complete(&first_missing), Err(SetFault::MissingPart { missing, .. }) if missing == "Attachments_001.zip")
        );
        let older = [Member { part: None, parts: None, ..member(1, Data, 1, 1) }];
        assert_eq!(check_complete(&older), Ok(()));
    }

    #[test]
    fn data_of_one_backup_and_attachments_of_another_are_no_set() {
        let mixed = [member(1, ArchiveKind::Data, 1, 1), member(2, ArchiveKind::Attachments, 1, 1)];
        assert_eq!(check_one_backup(&mixed), Err(SetFault::MixedBackups { first: "1/1".into(), second: "2/1".into() }));
        assert_eq!(check_one_backup(&mixed[..1]), Ok(()));
        assert_eq!(check_complete(&mixed), Ok(()));
    }
}
