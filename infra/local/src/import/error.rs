//! Why an import loaded nothing. Texts are for the person at the terminal: they name the file and the line.

use std::collections::BTreeMap;

use hozon_shared::ports::PortError;
use hozon_shared::snapshots::writer::WriteError;

use super::csv_rows::CsvFault;
use super::notes::Skipped;
use super::own_set::SetFault;
use super::text::Encoding;
use super::zip_directory::ZipFault;
use super::zip_names::NameEncoding;
use crate::registry::RegistryError;

/// Files that are named one by one.
const MAX_NAMED: usize = 1_000;
/// Files of one folder that are named where there are more.
const MAX_OF_FOLDER: usize = 20;

/// Why an import loaded nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Files that nothing was done with, and nobody said to skip.
    #[error("nothing was loaded, because {} not understood; --skip-unknown leaves {} out:\n{}", are(.0.len()), them(.0.len()), listed(.0))]
    Unknown(Vec<Skipped>),
    /// The person, or the system, has asked for an end.
    #[error("stopped before its end; nothing was loaded")]
    Stopped,
    /// There is nothing to load.
    #[error("no CSV file was found")]
    Empty,
    /// A file or folder could not be read.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A zip cannot be read.
    #[error("{file} cannot be read")]
    Zip {
        /// The zip.
        file: String,
        /// Why.
        #[source]
        source: ZipFault,
    },
    /// A name that is not of the encoding that was named.
    #[error("{zip} has a name that is not {encoding}: {entry}; name another with --zip-names")]
    UnknownName {
        /// The zip.
        zip: String,
        /// The entry.
        entry: String,
        /// The encoding.
        encoding: NameEncoding,
    },
    /// A file is there twice.
    #[error("{file} is there twice; which one is meant?")]
    EntryTwice {
        /// The file.
        file: String,
    },
    /// A document of a backup has no reasonable size.
    #[error("{file} is larger than 256 MiB")]
    DocumentTooLarge {
        /// The document.
        file: String,
    },
    /// A file of a backup is not what the backup's manifest says.
    #[error(
        "{file} is not what the manifest of its backup says: {change}. It is damaged or was edited; --edited takes it as it is"
    )]
    Changed {
        /// The file.
        file: String,
        /// What differs.
        change: Change,
    },
    /// Zips that are no set.
    #[error(transparent)]
    Set(#[from] SetFault),
    /// Two different zips that claim to be the same part of a backup.
    #[error("{first} and {second} say that they are the same part of a backup, but differ")]
    DifferentCopies {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// A numbered file is missing between others.
    #[error("{file} is a part of the module {module}, but part {missing} is not there")]
    MissingNumber {
        /// A part that is there.
        file: String,
        /// The module.
        module: String,
        /// The number that is not.
        missing: u32,
    },
    /// A module has more columns than the table takes.
    #[error(
        "{module}: its {columns} columns with their names are {bytes} bytes, more than the {most} that a module can have; split the file, or shorten the names"
    )]
    TooManyColumns {
        /// The module.
        module: String,
        /// Its columns.
        columns: usize,
        /// Their bytes.
        bytes: usize,
        /// The most bytes.
        most: usize,
    },
    /// A name that is the name of more than one module, but for case.
    #[error("{file}: {folder} may be the module {first} or {second}")]
    AmbiguousModule {
        /// The attachment.
        file: String,
        /// The folder.
        folder: String,
        /// One module.
        first: String,
        /// Another.
        second: String,
    },
    /// A zip's entry has a name that leads out of the zip, or is no text.
    #[error("{zip} has an entry with an unsafe name: {entry}")]
    UnsafeName {
        /// The zip.
        zip: String,
        /// The entry.
        entry: String,
    },
    /// A document of a backup is not understood.
    #[error("{file} is not understood")]
    Document {
        /// The document.
        file: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The backup was made by a newer version.
    #[error("{file} has format version {version}, which this version of Hozon does not know")]
    NewerFormat {
        /// The manifest.
        file: String,
        /// Its version.
        version: u32,
    },
    /// A row, a header or a byte is wrong.
    #[error("{file}, line {line}: {fault}")]
    Row {
        /// The file.
        file: String,
        /// The line as an editor counts it, from 1.
        line: u64,
        /// What is wrong there.
        fault: RowFault,
    },
    /// Two files claim to be the same module.
    #[error(
        "{first} and {second} are both the module {module}: two states of it, or two modules of one name; import one of them"
    )]
    SameModule {
        /// The module.
        module: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// An index lists a file that is not there.
    #[error("{index}, line {line}: the file {path} is not there")]
    MissingFile {
        /// The index.
        index: String,
        /// Its line.
        line: u64,
        /// The file.
        path: String,
    },
    /// An attachment belongs to a module that is not there.
    #[error("{file}: there is no CSV file of the module {module}")]
    UnknownModule {
        /// The attachment or its index.
        file: String,
        /// The module.
        module: String,
    },
    /// A mark names something that is not there.
    #[error("there is no {name} to mark")]
    UnknownMark {
        /// `Module` or `Module.Field`.
        name: String,
    },
    /// The CRM store failed.
    #[error("the CRM store refused")]
    Store(#[from] PortError),
    /// Writing into the CRM store failed.
    #[error("{file} cannot be stored")]
    Write {
        /// What was being stored.
        file: String,
        /// Why.
        #[source]
        source: WriteError,
    },
    /// The local list of organisations failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// The row does not fit the header.
    #[error("{found} cells where the header has {expected}")]
    Cells {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// The text is no CSV.
    #[error(transparent)]
    Csv(CsvFault),
    /// Bytes that the encoding does not know.
    #[error("bytes that are not {encoding}{}", hint(.guess))]
    Encoding {
        /// The encoding that was tried.
        encoding: Encoding,
        /// One that the bytes are valid in.
        guess: Option<Encoding>,
    },
    /// There is no header row.
    #[error("there is no header row")]
    NoHeader,
    /// A column without a name.
    #[error("column {column} of the header has no name")]
    NamelessColumn {
        /// Its number, from 1.
        column: usize,
    },
    /// Two columns with one name.
    #[error("the header has the column {name} twice")]
    SameColumn {
        /// The name.
        name: String,
    },
    /// Another header than the module's first file.
    #[error("the header differs from that of the module's first file")]
    OtherHeader,
    /// An attachment's index lacks a value.
    #[error("the column {column} has no usable value")]
    Value {
        /// The column.
        column: &'static str,
    },
}

/// How a file differs from what a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Change {
    /// Other bytes.
    #[error("its size or SHA-256 differs")]
    Contents,
    /// Another number of rows.
    #[error("{found} rows where the manifest has {manifest}")]
    Rows {
        /// As the manifest has it.
        manifest: u64,
        /// As it is.
        found: u64,
    },
}

fn hint(guess: &Option<Encoding>) -> String {
    guess.map_or_else(String::new, |guess| format!("; try --encoding {}", guess.to_string().to_lowercase()))
}

fn are(count: usize) -> String {
    if count == 1 { "one file is".to_owned() } else { format!("{count} files are") }
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

fn listed(skipped: &[Skipped]) -> String {
    listed_by(skipped, Skipped::to_string, |count| format!("and {count} more"))
}

/// Names every file; of a folder with very many it names the first and counts the rest.
pub(crate) fn listed_by(skipped: &[Skipped], name: impl Fn(&Skipped) -> String, more: impl Fn(usize) -> String) -> String {
    let (mut lines, mut folders) = (Vec::new(), BTreeMap::new());
    for file in skipped {
        let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let count: &mut usize = folders.entry(folder).or_default();
        *count += 1;
        if skipped.len() <= MAX_NAMED || *count <= MAX_OF_FOLDER {
            lines.push(format!("  {}", name(file)));
        }
    }
    if skipped.len() > MAX_NAMED {
        let large = folders.iter().filter(|(_, count)| **count > MAX_OF_FOLDER);
        lines.extend(large.map(|(folder, count)| format!("  {folder}/: {}", more(count - MAX_OF_FOLDER))));
    }
    lines.join("\n")
}
