//! Where a CRM keeps attached files outside its database.

use std::fmt;
use std::str::FromStr;

/// Lengths of a bucket's name (S3 user guide, "General purpose bucket naming rules").
const NAME: std::ops::RangeInclusive<usize> = 3..=63;
const SCHEME: &str = "s3://";

/// A folder of the machine that reads the CRM, or a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    Folder(String),
    /// Objects whose keys begin with `prefix`, which is empty or ends with a slash.
    Bucket {
        name: String,
        prefix: String,
    },
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.write_str(folder),
            Self::Bucket { name, prefix } => write!(f, "{SCHEME}{name}/{prefix}"),
        }
    }
}

/// Error returned for a text that names no bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Write a bucket as s3://NAME or s3://NAME/PREFIX.")]
pub struct NoBucket;

impl FromStr for FilePlace {
    type Err = NoBucket;

    /// Reads `s3://NAME/PREFIX`, or the path of a folder.
    fn from_str(text: &str) -> Result<Self, NoBucket> {
        let Some(rest) = text.strip_prefix(SCHEME) else { return Ok(Self::Folder(text.to_owned())) };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !NAME.contains(&name.len()) || !name.bytes().all(is_name) {
            return Err(NoBucket);
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self::Bucket { name: name.to_owned(), prefix })
    }
}

/// Returns the parts of a path that leads from the place to a file below it; `None` if it leads nowhere or elsewhere.
pub fn path_below(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let leads_elsewhere = path.starts_with('/') || path.contains('\0') || parts.contains(&"..");
    (!leads_elsewhere && !parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket_with_a_prefix() {
        let bucket = |name: &str, prefix: &str| Ok(FilePlace::Bucket { name: name.to_owned(), prefix: prefix.to_owned() });
        assert_eq!("/srv/crm".parse(), Ok(FilePlace::Folder("/srv/crm".to_owned())));
        for (text, wanted) in [
            ("s3://crm-files", bucket("crm-files", "")),
            ("s3://crm.files/", bucket("crm.files", "")),
            ("s3://crm-files/media/1", bucket("crm-files", "media/1/")),
            ("s3://crm-files//media/", bucket("crm-files", "media/")),
        ] {
            assert_eq!(text.parse(), wanted, "{text}");
        }
        for text in ["s3://", "s3:///media", "s3://ab", "s3://Upper/x", "s3://with space/x"] {
            assert_eq!(text.parse::<FilePlace>(), Err(NoBucket), "{text}");
        }
    }

    #[test]
    fn a_path_stays_below_its_place() {
        assert_eq!(path_below("a//./b/c.pdf"), Some(vec!["a", "b", "c.pdf"]));
        for path in ["", ".", "/etc/passwd", "../a", "a/../../b", "a\0b"] {
            assert_eq!(path_below(path), None, "{path:?}");
        }
    }
}
