//! What the failures and notes of reading zips mean for a backup.

use hozon_files::{ImportError, Note, SetFault, ZipFault, ZohoNote};
use hozon_shared::domain::backup_fault::BackupFault;
use hozon_shared::domain::source::{Gap, GapKind, MissingFiles, SourceErrorKind};
use hozon_shared::ports::{PortError, SourceError};

use super::ask::IntoError;
use crate::errors::of_port;

/// Name under which gaps of the index of attachments are listed.
const INDEX: &str = "Attachments";

/// The failure of reading `zip`, or a file of it.
pub(crate) fn of_import(error: ImportError, zip: &str) -> SourceError {
    let zip = zip.split(": ").next().unwrap_or_default();
    let kind = match error {
        ImportError::Unreadable { source, file } => return of_io(source, &file),
        ImportError::Zip { source: ZipFault::Io(source), file } => return of_io(source, &file),
        ImportError::Store(error) => return of_port(error),
        ImportError::Set(SetFault::MissingPart { ref missing, .. }) => BackupFault::PartMissing(missing.clone()),
        ImportError::Zip { ref file, .. } | ImportError::Changed { ref file, .. } => BackupFault::Damaged(file.clone()),
        ImportError::MissingNumber { ref file, .. } => BackupFault::PartMissing(zip_of(file)),
        ImportError::MissingFile { .. } => BackupFault::PartMissing(zip.to_owned()),
        ImportError::Row { ref file, .. } | ImportError::Document { ref file, .. } => BackupFault::Damaged(zip_of(file)),
        _ => BackupFault::Layout,
    };
    // Errors of an import name files and quote cells; their kind is enough.
    kind.into_error()
}

/// The failure of reading bytes: of the store, or of what is stored.
pub(crate) fn of_io(error: std::io::Error, file: &str) -> SourceError {
    if error.get_ref().is_some_and(|cause| cause.is::<PortError>()) {
        return SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) };
    }
    SourceError { kind: BackupFault::Damaged(zip_of(file)).into(), source: Some(Box::new(error)) }
}

/// The zip in `Data_001.zip: Data/Leads_001.csv`.
fn zip_of(file: &str) -> String {
    file.split(": ").next().unwrap_or(file).to_owned()
}

/// The notes in words, which the backup contains.
pub(crate) fn named(notes: &[Note]) -> Vec<String> {
    notes.iter().map(Note::to_string).collect()
}

/// What the zips lack.
pub(crate) fn gaps_of(notes: &[Note]) -> Vec<Gap> {
    let (mut missing, mut links, mut skipped) = (MissingFiles::default(), MissingFiles::default(), MissingFiles::default());
    for note in notes {
        match note {
            Note::Zoho(note) => add(note, 1, (&mut missing, &mut links)),
            Note::NoAttachments(name) => missing.add(name.clone()),
            Note::Skipped(file) => skipped.add(file.name.clone()),
            _ => {}
        }
    }
    let gap = |(files, kind): (MissingFiles, GapKind)| Gap { files: Some(files), ..Gap::of(INDEX, kind) };
    let kinds = [(missing, GapKind::MissingFiles), (links, GapKind::Links), (skipped, GapKind::Missing)];
    kinds.into_iter().filter(|(files, _)| files.count > 0).map(gap).collect()
}

fn add(note: &ZohoNote, count: u64, (missing, links): (&mut MissingFiles, &mut MissingFiles)) {
    match note {
        ZohoNote::NoFile { file, is_link, .. } => {
            let list = if *is_link { links } else { missing };
            list.add(file.clone());
            list.count += count - 1;
        }
        ZohoNote::More { count, like } => add(like, *count, (missing, links)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_the_index_lists_and_the_zips_lack_are_losses() {
        let none = |file: &str, is_link| ZohoNote::NoFile { index: "i".into(), line: 2, file: file.into(), is_link };
        let more = ZohoNote::More { count: 40, like: Box::new(none("z", false)) };
        let notes = [none("a", false), none("b", true), more].map(Note::Zoho);
        let gaps = gaps_of(&notes);
        let found: Vec<_> = gaps.iter().map(|gap| (gap.kind, gap.files.as_ref().map_or(0, |files| files.count))).collect();
        assert_eq!(found, [(GapKind::MissingFiles, 41), (GapKind::Links, 1)]);
        assert!(gaps_of(&[]).is_empty());
    }

    #[test]
    fn a_failure_names_the_zip() {
        let crc = || std::io::Error::new(std::io::ErrorKind::InvalidData, "its CRC-32 differs");
        let damaged = of_io(crc(), "Data_002.zip: Data/Leads_001.csv").kind;
        assert_eq!(damaged, SourceErrorKind::OwnBackup(BackupFault::Damaged("Data_002.zip".to_owned())));
        let end = ImportError::Zip { file: "Data_001.zip".to_owned(), source: ZipFault::NoEnd };
        let cut = of_import(end, "x").kind;
        assert_eq!(cut, SourceErrorKind::OwnBackup(BackupFault::Damaged("Data_001.zip".to_owned())));
    }
}
