//! Numbers of files and zips: `Leads_002.csv`, `Data_001.zip`, and copies such as `Data_001 (1).zip`.

use std::collections::BTreeMap;

use crate::error::ImportError;
use crate::own_set::SetFault;

/// A zip with a number in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Name in messages.
    pub name: String,
    /// `Data` or `Attachments`.
    pub kind: String,
    pub number: u32,
}

impl Part {
    /// Reads the number in the name of a zip.
    pub fn of(file_name: &str, name: &str) -> Option<Self> {
        let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
        // Browsers add the number of a copy.
        let stem = stem.split_once(" (").map_or(stem, |(stem, _)| stem);
        let (kind, number) = numbered(stem)?;
        Some(Self { name: name.to_owned(), kind: kind.to_owned(), number })
    }
}

/// Splits a number of at least three digits off a name.
pub fn numbered(stem: &str) -> Option<(&str, u32)> {
    let (name, number) = stem.rsplit_once('_')?;
    let is_number = number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number && !name.is_empty()).map(|number| (name, number))
}

/// Rejects zips whose numbers have a gap. Zips after the last one are not known to be missing.
pub fn check_complete(zips: &[Part]) -> Result<(), ImportError> {
    let mut kinds: BTreeMap<&str, BTreeMap<u32, &Part>> = BTreeMap::new();
    for zip in zips {
        kinds.entry(&zip.kind).or_default().insert(zip.number, zip);
    }
    for (kind, zips) in kinds {
        let Some((last, zip)) = zips.last_key_value() else { continue };
        if let Some(number) = (1..=*last).find(|number| !zips.contains_key(number)) {
            let (missing, name) = (format!("{kind}_{number:03}.zip"), zip.name.clone());
            return Err(SetFault::MissingPart { missing, parts: *last, name }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zips_with_a_gap_are_refused() {
        let part = |name: &str| Part::of(name, name).expect("a number");
        assert_eq!(part("Data_002 (1).zip"), Part { name: "Data_002 (1).zip".into(), kind: "Data".into(), number: 2 });
        assert_eq!(Part::of("Data.zip", "Data.zip"), None);
        assert_eq!(numbered("Status History_C_0010"), Some(("Status History_C", 10)));
        assert_eq!((numbered("Plan_20"), numbered("_001")), (None, None));
        assert!(check_complete(&[part("Data_001.zip"), part("Attachments_002.zip"), part("Attachments_001.zip")]).is_ok());
        let refused = check_complete(&[part("Attachments_003.zip"), part("Attachments_001.zip")]);
        assert!(
            matches!(&refused, Err(ImportError::Set(SetFault::MissingPart { missing, parts: 3, .. })) if missing == "Attachments_002.zip")
        );
    }
}
