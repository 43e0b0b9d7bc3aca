//! How two backups differ: by the row indexes of their snapshots, so that only blocks with differences are read.

pub mod attachments;
pub mod modules;
mod opened_pair;
pub mod records;
mod values;

use std::time::Duration;

/// Time after which an answer ends with a page token.
const PATIENCE: Duration = Duration::from_secs(6);
