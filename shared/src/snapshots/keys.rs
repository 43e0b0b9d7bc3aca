//! Keys of the objects that hold modules. The contents of a module are a *generation*: a folder that never changes after
//! its index is written. What a platform writes and what is captured of a CRM lie apart, so that neither replaces the other.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::domain::crm::is_captured;
use crate::domain::id::OrgId;
use crate::ports::ObjectRef;

/// Longest path part that is kept unchanged. S3 allows keys of 1,024 bytes, but the local program's S3 emulator
/// names a file by the Base64 of the whole key, and file systems limit names to 255 bytes.
const LONGEST_PART: usize = 40;
/// Characters that a part has encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// Size in bytes of the hash that replaces a longer part.
const DIGEST_BYTES: usize = 16;

/// Location of one generation of a module.
#[derive(Debug, Clone)]
pub(super) struct Generation {
    prefix: String,
}

impl Generation {
    pub(super) fn new(org: OrgId, api_name: &str, generation: &str) -> Self {
        let prefix = if is_captured(generation) {
            format!("{}{}/", capture_prefix(org, generation), path_part(api_name))
        } else {
            format!("{}{}/", module_prefix(org, api_name), path_part(generation))
        };
        Self { prefix }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn index(&self) -> ObjectRef {
        ObjectRef::crm(format!("{}index.json", self.prefix))
    }

    pub(super) fn rows(&self, block: usize) -> ObjectRef {
        ObjectRef::crm(format!("{}rows/{block:08}", self.prefix))
    }

    pub(super) fn attachments(&self, block: usize) -> ObjectRef {
        ObjectRef::crm(format!("{}attachments/{block:08}", self.prefix))
    }

    pub(super) fn file(&self, attachment_id: &str) -> ObjectRef {
        ObjectRef::crm(format!("{}files/{}", self.prefix, path_part(attachment_id)))
    }
}

/// Prefix of all objects of an organisation in the store.
pub(super) fn organisation_prefix(org: OrgId) -> String {
    format!("org/{org}/")
}

/// Prefix of all generations of a module.
pub(super) fn module_prefix(org: OrgId, api_name: &str) -> String {
    format!("{}{}/", organisation_prefix(org), path_part(api_name))
}

/// Prefix of all captures of an organisation. No module has this name, because [`path_part`] writes `%` before hexadecimal
/// digits in upper case only.
pub(super) fn captures_prefix(org: OrgId) -> String {
    format!("{}%captured/", organisation_prefix(org))
}

/// Prefix of all modules of one capture.
pub(super) fn capture_prefix(org: OrgId, generation: &str) -> String {
    format!("{}{}/", captures_prefix(org), path_part(generation))
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
