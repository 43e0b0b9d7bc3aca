//! Keys of the objects that hold snapshots. A version of a module is a *generation*. What a platform writes and what is
//! captured of a CRM lie apart, so that neither replaces the other; the blocks, packs and files of both lie together.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::domain::crm::is_captured;
use crate::domain::id::{BackupId, OrgId, RestoreId};
use crate::ports::ObjectRef;

/// Longest path part that is kept unchanged. S3 allows keys of 1,024 bytes, but the local program's S3 emulator
/// names a file by the Base64 of the whole key, and file systems limit names to 255 bytes.
const LONGEST_PART: usize = 40;
/// Characters that a part has encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// Size in bytes of the hash that replaces a longer part.
const DIGEST_BYTES: usize = 16;

/// The document that lists what a version of a module consists of.
pub(super) fn stored_module(org: OrgId, api_name: &str, version: &str) -> ObjectRef {
    let (organisation, module, version_part) = (organisation_prefix(org), path_part(api_name), path_part(version));
    ObjectRef::crm(match is_captured(version) {
        true => format!("{}{version_part}/{module}/index.json", captures_prefix(org)),
        false => format!("{organisation}{module}/{version_part}/index.json"),
    })
}

/// Where large files of a module are uploaded before their name is known.
pub(super) fn staged(org: OrgId, api_name: &str, version: &str) -> ObjectRef {
    ObjectRef::crm(format!("{}{}/{}", staged_prefix(org), path_part(version), path_part(api_name)))
}

/// The document that describes a snapshot. Later snapshots have greater ids.
pub(super) fn snapshot(org: OrgId, id: &str) -> ObjectRef {
    ObjectRef::crm(format!("{}{id}.json", snapshots_prefix(org)))
}

/// The document that describes the snapshot of a backup.
pub(super) fn snapshot_of_backup(org: OrgId, backup: BackupId) -> ObjectRef {
    snapshot(org, &format!("backup-{backup}"))
}

/// The document that says how the zips of a backup were planned. Its name does not end as those of snapshots do.
pub(super) fn plan_of_backup(org: OrgId, backup: BackupId) -> ObjectRef {
    ObjectRef::crm(format!("{}backup-{backup}.plan", snapshots_prefix(org)))
}

/// Returns whether the key of an object beside snapshots is that of one.
pub(super) fn is_snapshot(key: &str) -> bool {
    key.ends_with(".json")
}

/// The document that describes what the CRM was when a restore was planned.
pub(super) fn snapshot_of_restore(org: OrgId, restore: RestoreId) -> ObjectRef {
    snapshot(org, &format!("restore-{restore}"))
}

/// The backup whose snapshot has this key; `None` for the key of another snapshot.
pub(super) fn backup_of_snapshot(org: OrgId, key: &str) -> Option<BackupId> {
    let name = key.strip_prefix(&snapshots_prefix(org))?.strip_suffix(".json")?;
    name.strip_prefix("backup-")?.parse().ok()
}

/// Prefix of all objects of an organisation in the store.
pub(super) fn organisation_prefix(org: OrgId) -> String {
    format!("org/{org}/")
}

// No module is named like the folders below, because `path_part` writes `%` before hexadecimal digits in upper case only.

/// Prefix of all captured versions of modules.
fn captures_prefix(org: OrgId) -> String {
    format!("{}%captured/", organisation_prefix(org))
}

/// Prefix of blocks, packs and large files.
pub(super) fn stored_prefix(org: OrgId) -> String {
    format!("{}%stored/", organisation_prefix(org))
}

fn staged_prefix(org: OrgId) -> String {
    format!("{}%staged/", organisation_prefix(org))
}

pub(super) fn snapshots_prefix(org: OrgId) -> String {
    format!("{}%snapshots/", organisation_prefix(org))
}

/// Encodes any text as one part of a key. Distinct texts give distinct parts, and no part is `.` or `..` or contains
/// a separator.
fn path_part(text: &str) -> String {
    let part = utf8_percent_encode(text, ENCODED).to_string();
    if part.is_empty() {
        return "%".to_owned();
    }
    if part.len() <= LONGEST_PART {
        return part;
    }
    format!("%%{}", hex::encode(&Sha256::digest(text)[..DIGEST_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_names_stay_in_their_folder() {
        assert_eq!(path_part("../a/b"), "%2E%2E%2Fa%2Fb");
        assert_eq!(path_part(".."), "%2E%2E");
        assert_eq!(path_part(""), "%");
    }

    #[test]
    fn long_names_are_shortened_and_stay_distinct() {
        let (one, two) = (path_part(&"あ".repeat(100)), path_part(&"あ".repeat(101)));
        assert!(one.len() <= LONGEST_PART && two.len() <= LONGEST_PART);
        assert_ne!(one, two);
    }

    proptest! {
        #[test]
        fn distinct_names_have_distinct_parts(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(a == b, path_part(&a) == path_part(&b));
        }
    }
}
