//! The error of a restore that could not run.

use std::fmt;

use crate::language::say;

/// What an error of a restore says of its target. The cause says why.
#[derive(Debug, Clone, Copy)]
pub enum NotRestored {
    /// Nothing was written into the database.
    Database,
    /// Not all files are written.
    Files,
}

impl fmt::Display for NotRestored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Database => say("nothing was written", "何も書き込んでいません"),
            Self::Files => say("the files are not whole", "ファイルは不完全です"),
        })
    }
}
