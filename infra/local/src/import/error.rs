//! Why an import loaded nothing. Texts are for the person at the terminal: they name the file and the line.

use std::path::PathBuf;

use async_zip::error::ZipError;
use hozon_shared::ports::PortError;
use hozon_shared::sources::native_writer::WriteError;

use super::csv_rows::CsvFault;
use crate::registry::RegistryError;

/// Why an import loaded nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path is no folder, zip or CSV file.
    #[error("{} is neither a folder nor a .zip or .csv file", path.display())]
    NotAnInput {
        /// The path.
        path: PathBuf,
    },
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
    /// A zip is damaged, or made in a way that is not understood.
    #[error("{file} is no zip that can be read")]
    Zip {
        /// The zip.
        file: String,
        /// Why.
        #[source]
        source: ZipError,
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
    #[error("{first} and {second} are both the module {module}, but come from different places; import them one after the other")]
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
    #[error("bytes that are not in the file's encoding")]
    Encoding,
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
