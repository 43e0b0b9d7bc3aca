//! Restoring on the command line: a backup's zips, or what is kept of a backup, into a database. The engine is that of the function
//! `write-back`.

mod engine;
mod files;
mod filling;
mod guide;
mod layered;
mod not_restored;
mod report;
mod scratch;
mod target;
mod wanted;
mod work;

pub use engine::{RestoreEngine, failure_of};
pub use files::{FileSet, write_files};
pub use filling::{fill, fillable, with_filled};
pub use guide::ExportedModule;
pub use layered::LayeredObjects;
pub use not_restored::NotRestored;
pub use report::write_report;
pub use scratch::ScratchStore;
pub use target::GivenTarget;
pub use wanted::{WantedBackup, find_kept, kept, load};
pub use work::{PlannedExamples, RestoreOrder, RestoreProgress, RestoreWork};
