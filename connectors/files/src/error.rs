//! Errors of an import. Their texts are for the user at the terminal and name the file and line.

use std::collections::BTreeMap;

use hozon_shared::ports::PortError;
use hozon_shared::snapshots::error::WriteError;

use super::notes::Skipped;
use super::own_set::SetFault;
use super::text::Encoding;
use super::zip_directory::ZipFault;
use super::zip_names::NameEncoding;
use hozon_shared::archive::csv_rows::CsvFault;

/// Maximum number of files that are listed.
const MAX_NAMED: usize = 1_000;
/// Maximum number of files that are listed per folder if there are more.
const MAX_OF_FOLDER: usize = 20;

/// Reasons why an import loaded nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Unrecognised files, which the user did not ask to skip.
    #[error("nothing was loaded, because {} not recognised; --skip-unknown leaves {} out:\n{}", are(.0.len()), them(.0.len()), listed(.0))]
    Unknown(Vec<Skipped>),
    /// The import was interrupted by a signal.
    #[error("interrupted; nothing was loaded")]
    Stopped,
    /// There is nothing to load.
    #[error("no CSV file was found")]
    Empty,
    /// A file or folder cannot be read.
    #[error("{file} cannot be read")]
    Unreadable {
        file: String,
        #[source]
        source: std::io::Error,
    },
    /// A zip cannot be read.
    #[error("{file} cannot be read")]
    Zip {
        file: String,
        #[source]
        source: ZipFault,
    },
    /// An entry name is not valid in the given encoding.
    #[error("{zip} has a name that is not valid {encoding}: {entry}; choose another encoding with --zip-names")]
    UnknownName { zip: String, entry: String, encoding: NameEncoding },
    /// A file appears twice.
    #[error("{file} appears twice; which one is meant?")]
    EntryTwice { file: String },
    /// A document of a backup is too large.
    #[error("{file} is larger than 256 MiB")]
    DocumentTooLarge { file: String },
    /// A file of a backup differs from the backup's manifest.
    #[error("{file} differs from the manifest of its backup: {change}. It is damaged or was edited; --edited accepts it")]
    Changed { file: String, change: ManifestDifference },
    /// The zips are not a complete set.
    #[error(transparent)]
    Set(#[from] SetFault),
    /// Two different zips claim to be the same part of a backup.
    #[error("{first} and {second} claim to be the same part of a backup, but differ")]
    DifferentCopies { first: String, second: String },
    /// A numbered file is missing.
    #[error("{file} is a part of the module {module}, but part {missing} is missing")]
    MissingNumber {
        /// An existing part.
        file: String,
        module: String,
        /// Number of the missing part.
        missing: u32,
    },
    /// A module has more columns than the table can store.
    #[error(
        "{module}: its {columns} columns with their names take {bytes} bytes, more than the maximum of {most}; split the file, or shorten the names"
    )]
    TooManyColumns {
        module: String,
        columns: usize,
        bytes: usize,
        /// Maximum number of bytes.
        most: usize,
    },
    /// Several modules have names that differ only in case.
    #[error("{file}: {folder} matches both the module {first} and the module {second}")]
    AmbiguousModule { file: String, folder: String, first: String, second: String },
    /// An entry name leads out of the zip or is not text.
    #[error("{zip} has an entry with an unsafe name: {entry}")]
    UnsafeName { zip: String, entry: String },
    /// A document of a backup cannot be parsed.
    #[error("{file} cannot be parsed")]
    Document {
        file: String,
        #[source]
        source: serde_json::Error,
    },
    /// A newer version made the backup.
    #[error("{file} has format version {version}, which this version of Hozon does not support")]
    NewerFormat { file: String, version: u32 },
    /// A row, header or byte is invalid.
    #[error("{file}, line {line}: {fault}")]
    Row {
        file: String,
        /// Line as an editor shows it, from 1.
        line: u64,
        fault: RowFault,
    },
    /// Two files claim to be the same module.
    #[error(
        "{first} and {second} are both the module {module}: two versions of it, or two modules with the same name; import one of them"
    )]
    SameModule { module: String, first: String, second: String },
    /// An index lists a file that does not exist.
    #[error("{index}, line {line}: the file {path} is missing")]
    MissingFile { index: String, line: u64, path: String },
    /// An attachment belongs to a module that is not in the input.
    #[error("{file}: there is no CSV file for the module {module}")]
    UnknownModule {
        /// The attachment or its index.
        file: String,
        module: String,
    },
    /// A mark names an unknown module or field.
    #[error("there is no {name} to mark")]
    UnknownMark {
        /// `Module` or `Module.Field`.
        name: String,
    },
    /// The CRM store failed.
    #[error("the CRM store failed")]
    Store(#[from] PortError),
    /// Writing to the CRM store failed.
    #[error("{file} cannot be stored")]
    Write {
        file: String,
        #[source]
        source: WriteError,
    },
}

/// The defect of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// The row does not match the header.
    #[error("{found} cells where the header has {expected}")]
    Cells {
        /// Number of columns in the header.
        expected: usize,
        /// Number of cells in the row.
        found: usize,
    },
    /// The text is not valid CSV.
    #[error(transparent)]
    Csv(CsvFault),
    /// Bytes that are invalid in the encoding.
    #[error("bytes that are not valid {encoding}{}", hint(.guess))]
    Encoding {
        encoding: Encoding,
        /// An encoding in which the bytes are valid.
        guess: Option<Encoding>,
    },
    #[error("there is no header row")]
    NoHeader,
    /// A column has no name.
    #[error("column {column} of the header has no name")]
    NamelessColumn {
        /// Column number, from 1.
        column: usize,
    },
    /// Two columns have the same name.
    #[error("the header contains the column {name} twice")]
    SameColumn { name: String },
    /// The header differs from that of the module's first file.
    #[error("the header differs from that of the module's first file")]
    OtherHeader,
    /// A value in an attachment index is missing or invalid.
    #[error("the column {column} has no usable value")]
    Value { column: &'static str },
}

/// How a file differs from the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestDifference {
    /// The bytes differ.
    #[error("its size or SHA-256 differs")]
    Contents,
    /// The number of rows differs.
    #[error("{found} rows instead of the manifest's {manifest}")]
    Rows { manifest: u64, found: u64 },
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

/// Lists file names. Of very many it lists the first and counts the rest.
pub fn listed_by(skipped: &[Skipped], name: impl Fn(&Skipped) -> String, more: impl Fn(usize) -> String) -> String {
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
