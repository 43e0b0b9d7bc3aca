//! The error of a restore that could not run.

use std::fmt;

use crate::language::say;

/// Nothing was written. The cause says why.
#[derive(Debug, Clone, Copy)]
pub struct NotRestored;

impl fmt::Display for NotRestored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(say("nothing was written", "何も書き込んでいません"))
    }
}
