//! Notes of an import for the user: skipped files, and files that were interpreted differently from how they are
//! written.

use std::fmt;

use super::text::Encoding;
use super::zoho_notes::ZohoNote;

/// Reasons why a file is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    #[error("a symbolic link; put the file itself there, or name it as an input")]
    Link,
    #[error("a named pipe")]
    Pipe,
    #[error("a socket")]
    Socket,
    #[error("a device")]
    Device,
    #[error("a spreadsheet; save its sheets as CSV")]
    Spreadsheet,
    /// A zip inside a zip.
    #[error("a zip inside a zip; unzip the outer one first")]
    InnerZip,
    /// Neither a CSV file nor in an attachments folder.
    #[error("neither CSV nor below a folder attachments/<Module>/<record id>/")]
    OtherType,
    /// The file is in a backup's folder, but not in its manifest.
    #[error("not in the manifest of the backup around it")]
    NotInManifest,
    /// The attachment's folder names no module.
    #[error("an attachment of {module}, but there is no CSV file of that module")]
    NoSuchModule {
        /// Name of the folder.
        module: String,
    },
}

/// A file that is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Name in messages.
    pub name: String,
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// A note for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// A file was skipped as the user requested.
    #[error("skipped {0}")]
    Skipped(Skipped),
    /// An operating system's file was skipped.
    #[error("skipped {0}: a file of the operating system")]
    SystemFile(String),
    /// The same zip or folder was given twice.
    #[error("skipped {name}: the same as {first}")]
    GivenTwice {
        /// The skipped one.
        name: String,
        /// The loaded one.
        first: String,
    },
    /// An empty CSV file was skipped.
    #[error("skipped {0}: empty")]
    EmptyFile(String),
    /// A backup was given without its attachments.
    #[error("{0}: the attachments of this backup are not in the input")]
    NoAttachments(String),
    /// A file was edited since the backup.
    #[error("{0}: edited since the backup; its checksum was not checked")]
    Edited(String),
    /// The separator is not a comma.
    #[error("{file}: cells are separated by {separator}")]
    Separator { file: String, separator: &'static str },
    /// The encoding was detected.
    #[error("{file}: read as {encoding}")]
    Encoding { file: String, encoding: Encoding },
    /// The chosen encoding may be wrong.
    #[error("{file}: the encoding may be {other}, not the one given with --encoding; check its text")]
    Doubtful { file: String, other: &'static str },
    /// A zip contains names that are not UTF-8.
    #[error("{zip}: names are read as {names}, for example {example:?}; --zip-names chooses another encoding")]
    ZipNames {
        zip: String,
        names: String,
        /// One of the names.
        example: String,
    },
    /// A column was renamed.
    #[error("{file}: column {column} was named {name:?}, because {}", because(.repeated))]
    Column {
        file: String,
        /// Column number, from 1.
        column: usize,
        /// The new name.
        name: String,
        /// Whether its name was a duplicate.
        repeated: bool,
    },
    /// A short row was filled up.
    #[error("{file}, line {line}: {found} cells, filled up to {columns}")]
    ShortRow {
        file: String,
        line: u64,
        /// Number of cells.
        found: usize,
        /// Number of columns.
        columns: usize,
    },
    /// A row has more cells than the header.
    #[error("{file}, line {line}: {found} cells where the header has {header}; columns were added")]
    LongRow {
        file: String,
        line: u64,
        /// Number of cells.
        found: usize,
        /// Number of columns in the header.
        header: usize,
    },
    /// A file ends with Ctrl-Z.
    #[error("{0}: the Ctrl-Z at the end was ignored")]
    EndMark(String),
    /// More changes in a file than are listed.
    #[error("{file}: {count} more rows were changed in the same way")]
    More { file: String, count: u64 },
    /// An attachment's name contains no record id.
    #[error("{name}: contains no record id of {module}; stored under {record:?}")]
    NoRecord {
        name: String,
        module: String,
        /// Record id that was assigned.
        record: String,
    },
    /// Something about Zoho's own backups.
    #[error(transparent)]
    Zoho(ZohoNote),
}

fn because(repeated: &bool) -> &'static str {
    if *repeated { "its name is a duplicate" } else { "it has no name" }
}
