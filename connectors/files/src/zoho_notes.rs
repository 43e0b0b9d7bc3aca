//! What an import says about Zoho's own backups.

use hozon_shared::archive::zoho_layout::KEPT_MODULE;

/// A note about Zoho's zips.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZohoNote {
    /// Metadata is kept.
    #[error("{files} files of Zoho's metadata are kept as attachments of the module {KEPT_MODULE}")]
    Metadata { files: usize },
    /// A file is kept outside the modules.
    #[error("{name}: kept as an attachment of the module {KEPT_MODULE}, because {because}")]
    Kept { name: String, because: KeptBecause },
    /// The index lists a file that is not in the input.
    #[error("{index}, line {line}: the file {file} is not in the zips{}", if *is_link { "; it is a link, which the kept index contains" } else { "" })]
    NoFile { index: String, line: u64, file: String, is_link: bool },
    /// A file has another size than the index says.
    #[error("{name}: {found} bytes, where the index says {stated}")]
    Size { name: String, stated: u64, found: u64 },
    /// The columns of a metadata file are not those that are known.
    #[error("{file}: its columns are not understood, so that fields have no types or API names from it")]
    Columns { file: String },
    /// More notes of a kind than are listed.
    #[error("{count} more notes like: {like}")]
    More { count: u64, like: Box<ZohoNote> },
}

/// Why a file belongs to no module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptBecause {
    #[error("the index of attachments does not list it")]
    Unlisted,
    /// The record that the index names is in no module.
    #[error("its record {record} is in no module")]
    NoRecord { record: String },
    #[error("its name contains no id of a record")]
    NoImageRecord,
    #[error("its folder is not one that this version knows")]
    UnknownFolder,
}
