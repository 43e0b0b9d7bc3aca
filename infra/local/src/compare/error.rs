//! Errors of a comparison. Their texts are for the user at the terminal.

use std::path::PathBuf;

use hozon_files::{ImportError, SetFault, Skipped, listed_by};

/// Reasons why two backups could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Files that belong to no backup that this version knows.
    #[error("nothing was compared, because these files are not recognised; --skip-unknown leaves them out:\n{}", listed(.0))]
    Unknown(Vec<Skipped>),
    /// One side has zips of two backups.
    #[error(
        "{first} and {second} belong to different backups; name the zips of one after --before, and those of the other after --after"
    )]
    Mixed { first: String, second: String },
    /// A file of a backup is not as its manifest says.
    #[error("{file} is damaged or was edited since the backup; --edited compares it as it is")]
    Edited {
        file: String,
        #[source]
        source: Box<ImportError>,
    },
    /// A backup cannot be read.
    #[error(transparent)]
    Input(ImportError),
    /// `--module` names a module that neither backup has.
    #[error("neither backup has a module {name}; the modules are {known}")]
    NoModule { name: String, known: String },
    /// Temporary files cannot be written or read.
    #[error("temporary files cannot be used in {}; set TMPDIR to a folder with more free space", .folder.display())]
    Scratch {
        folder: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file for the differences cannot be written.
    #[error("{} cannot be written", .file.display())]
    Output {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A task ended before its time.
    #[error("the comparison was interrupted")]
    Stopped(#[from] tokio::task::JoinError),
}

impl From<ImportError> for CompareError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Unknown(files) => Self::Unknown(files),
            ImportError::Set(SetFault::MixedBackups { first, second }) => Self::Mixed { first, second },
            ImportError::Changed { ref file, .. } => Self::Edited { file: file.clone(), source: Box::new(error) },
            other => Self::Input(other),
        }
    }
}

impl CompareError {
    pub(super) fn scratch(source: std::io::Error) -> Self {
        Self::Scratch { folder: std::env::temp_dir(), source }
    }
}

fn listed(skipped: &[Skipped]) -> String {
    listed_by(skipped, Skipped::to_string, |count| format!("and {count} more"))
}
