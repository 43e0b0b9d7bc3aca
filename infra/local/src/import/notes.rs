//! What a person is told about an import beside its numbers: what was skipped, and what was read in another way than it is written.

use std::fmt;

use super::text::Encoding;

/// Why a file of the inputs is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A symbolic link.
    #[error("a symbolic link; put the file itself there, or name it as an input")]
    Link,
    /// A named pipe.
    #[error("a named pipe")]
    Pipe,
    /// A socket.
    #[error("a socket")]
    Socket,
    /// A device.
    #[error("a device")]
    Device,
    /// A spreadsheet.
    #[error("a spreadsheet; save its sheets as CSV")]
    Spreadsheet,
    /// A zip inside a zip.
    #[error("a zip inside a zip; unzip the outer one first")]
    InnerZip,
    /// A file that is no CSV and lies in no folder of attachments.
    #[error("neither CSV nor below a folder attachments/<Module>/<record id>/")]
    OtherType,
    /// A file in the folder of a backup that the backup's manifest does not have.
    #[error("not in the manifest of the backup around it")]
    NotInManifest,
    /// An attachment whose folder is no module's.
    #[error("an attachment of {module}, but there is no CSV file of that module")]
    NoSuchModule {
        /// The folder's name.
        module: String,
    },
}

/// A file that is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// How messages call it.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// One thing that a person is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// A file was left out because the person said so.
    #[error("skipped {0}")]
    Skipped(Skipped),
    /// A file that a system put there.
    #[error("skipped {0}: a file of the operating system")]
    SystemFile(String),
    /// The same zip or folder was given twice.
    #[error("skipped {name}: the same as {first}")]
    GivenTwice {
        /// The one that is skipped.
        name: String,
        /// The one that is loaded.
        first: String,
    },
    /// A CSV file without anything in it.
    #[error("skipped {0}: empty")]
    EmptyFile(String),
    /// A backup was given without its attachments.
    #[error("{0}: the attachments of this backup are not among the inputs")]
    NoAttachments(String),
    /// A file was edited since the backup.
    #[error("{0}: edited since the backup; its checksum was not checked")]
    Edited(String),
    /// A separator other than the comma.
    #[error("{file}: cells are separated by {separator}")]
    Separator {
        /// The file.
        file: String,
        /// The separator.
        separator: &'static str,
    },
    /// An encoding that nobody named.
    #[error("{file}: read as {encoding}")]
    Encoding {
        /// The file.
        file: String,
        /// Its encoding.
        encoding: Encoding,
    },
    /// An encoding that is perhaps not the file's.
    #[error("{file}: it may be {other} rather than what --encoding says; look at its text")]
    Doubtful {
        /// The file.
        file: String,
        /// The other encoding.
        other: &'static str,
    },
    /// Names in a zip that are no UTF-8.
    #[error("{zip}: names are read as {names}, for example {example:?}; --zip-names chooses another encoding")]
    ZipNames {
        /// The zip.
        zip: String,
        /// The encoding.
        names: String,
        /// One of the names.
        example: String,
    },
    /// A column that got another name.
    #[error("{file}: column {column} is called {name:?}, because {}", because(.repeated))]
    Column {
        /// The file.
        file: String,
        /// Its number, from 1.
        column: usize,
        /// The name.
        name: String,
        /// Whether its name was another column's too.
        repeated: bool,
    },
    /// A row that was filled up.
    #[error("{file}, line {line}: {found} cells, filled up to {columns}")]
    ShortRow {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Its cells.
        found: usize,
        /// The columns.
        columns: usize,
    },
    /// A row with more cells than the header.
    #[error("{file}, line {line}: {found} cells where the header has {header}; columns were added")]
    LongRow {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Its cells.
        found: usize,
        /// Columns of the header.
        header: usize,
    },
    /// A file that ends with Ctrl-Z.
    #[error("{0}: the Ctrl-Z at its end was dropped")]
    EndMark(String),
    /// More changes of one file than are listed.
    #[error("{file}: {count} more rows were changed in the same way")]
    More {
        /// The file.
        file: String,
        /// How many.
        count: u64,
    },
    /// An attachment whose name holds no record's id.
    #[error("{name}: names no record of {module}; kept under {record:?}")]
    NoRecord {
        /// The attachment.
        name: String,
        /// Its module.
        module: String,
        /// The record id that it got.
        record: String,
    },
}

fn because(repeated: &bool) -> &'static str {
    if *repeated { "its name is there twice" } else { "it has no name" }
}
